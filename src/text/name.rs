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

/// The model that all players are made of, if it is one and they are several: then a list need not repeat it.
#[must_use]
pub fn common_model<'a>(mut players: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let model = |player: &'a str| player.split_once('@').map(|(_, model)| model);
    let first = model(players.next()?)?;
    let mut others = players.peekable();
    others.peek()?;
    others.all(|player| model(player) == Some(first)).then_some(first)
}

/// A player for a line, without a model that all share.
#[must_use]
pub fn short_among(player: &str, common: Option<&str>) -> String {
    let team = common.and_then(|model| player.strip_suffix(model)?.strip_suffix('@'));
    team.map_or_else(|| short(player), str::to_owned)
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
    fn a_model_that_all_players_share_is_said_once() {
        let same = ["quartet@owl", "solo@owl"];
        assert_eq!(common_model(same.into_iter()), Some("owl"));
        assert_eq!(short_among("solo@owl", Some("owl")), "solo");
        assert_eq!(common_model(["quartet@owl", "solo@cat"].into_iter()), None);
        assert_eq!(common_model(["quartet@owl", "person"].into_iter()), None);
        assert_eq!(common_model(["quartet@owl"].into_iter()), None);
        assert_eq!(short_among("solo@./owl.gguf", None), "solo@owl");
    }

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
