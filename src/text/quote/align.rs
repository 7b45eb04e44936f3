//! Finds the place of a source that is most like a quote.

use std::collections::HashMap;

/// The window of the quote's length that shares most words with it, order aside: its start and the shared count.
pub(crate) fn best_window(quoted: &[String], source: &[String]) -> Option<(usize, usize)> {
    // How many more of each word the window may match.
    let mut open: HashMap<&str, isize> = HashMap::new();
    for token in quoted {
        *open.entry(token).or_insert(0) += 1;
    }
    let mut overlap = 0;
    let mut best = None;
    for (at, token) in source.iter().enumerate() {
        if let Some(left) = open.get_mut(token.as_str()) {
            overlap += usize::from(*left > 0);
            *left -= 1;
        }
        if let Some(left) = at.checked_sub(quoted.len()).and_then(|leaving| open.get_mut(source[leaving].as_str())) {
            *left += 1;
            overlap -= usize::from(*left > 0);
        }
        if best.is_none_or(|(_, most)| overlap > most) {
            best = Some(((at + 1).saturating_sub(quoted.len()), overlap));
        }
    }
    best
}

/// Places in `source` of a longest common subsequence with `quoted`.
pub(crate) fn common_subsequence(quoted: &[String], source: &[String]) -> Vec<usize> {
    let width = source.len() + 1;
    let mut lengths = vec![0usize; (quoted.len() + 1) * width];
    for (row, word) in quoted.iter().enumerate().rev() {
        for (column, other) in source.iter().enumerate().rev() {
            lengths[row * width + column] = if word == other {
                lengths[(row + 1) * width + column + 1] + 1
            } else {
                lengths[(row + 1) * width + column].max(lengths[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column, mut places) = (0, 0, Vec::new());
    while row < quoted.len() && column < source.len() {
        if quoted[row] == source[column] {
            places.push(column);
            (row, column) = (row + 1, column + 1);
        } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_best_window_shares_most_words_whatever_their_order() {
        assert_eq!(best_window(&words("a b c"), &words("x a y c b a z")), Some((3, 3)));
        assert_eq!(best_window(&words("a a b"), &words("a x b")), Some((0, 2)));
        assert_eq!(best_window(&words("a b c"), &words("c")), Some((0, 1)));
        assert_eq!(best_window(&words("a"), &[]), None);
    }

    #[test]
    fn a_common_subsequence_keeps_the_order() {
        assert_eq!(common_subsequence(&words("a b c d"), &words("b x a b d")), [2, 3, 4]);
        assert_eq!(common_subsequence(&words("a"), &words("b")), Vec::<usize>::new());
    }
}
