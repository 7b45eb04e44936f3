//! Names of players and judges for places that have little room.

/// A judge's or a player's name for a line: of models that are files, the names without folders and endings.
#[must_use]
pub fn short(name: &str) -> String {
    let Some((before, models)) = name.split_once('@') else { return name.to_owned() };
    format!("{before}@{}", models.split(',').map(short_model).collect::<Vec<_>>().join(","))
}

/// A model's name for a line: of one that is a file, the name without folders and ending.
#[must_use]
pub fn short_model(model: &str) -> &str {
    let is_file = model.starts_with(['/', '.', '~']) || model.ends_with(".gguf");
    let name = if is_file { model.rsplit('/').find(|part| !part.is_empty()).unwrap_or(model) } else { model };
    name.strip_suffix(".gguf").unwrap_or(name)
}

/// A sentence in which names stand as [`short`] has them.
#[must_use]
pub fn with_short_names<'a>(sentence: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    // A name may begin like a longer one.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.into_iter().fold(sentence.to_owned(), |sentence, name| sentence.replace(name, &short(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_its_folder_and_a_remote_model_in_full() {
        for (judge, name) in [
            ("debatrix@/home/ann/owl-q4.gguf,models/cat.gguf", "debatrix@owl-q4,cat"),
            ("debatrix@./models/owl/", "debatrix@owl"),
            ("debatrix@openai/gpt-4o", "debatrix@openai/gpt-4o"),
            ("human@ann", "human@ann"),
        ] {
            assert_eq!(short(judge), name);
        }
    }

    #[test]
    fn names_in_a_sentence_lose_their_folders() {
        let names = ["solo@/m/a.gguf", "solo@/m/a.gguf.gguf"];
        let told = with_short_names("solo@/m/a.gguf.gguf beats solo@/m/a.gguf.", names);
        assert_eq!(told, "solo@a.gguf beats solo@a.");
    }
}
