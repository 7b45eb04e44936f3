//! What a team or a recipe must satisfy beyond its shape. Formats check themselves in the domain.

use crate::domain::team::{Role, Team};

/// What is wrong with a team, as a clause; `None` if nothing is.
pub fn team_problem(team: &Team) -> Option<String> {
    if !team.has(Role::Writer) {
        return Some("a team needs a [roles.writer]; the other roles may be left out".to_owned());
    }
    if team.calls == 0 {
        return Some("calls must be at least 1".to_owned());
    }
    for (role, spec) in &team.roles {
        let place = format!("[roles.{role}]");
        if spec.queries.is_some() && *role != Role::Searcher {
            return Some(format!("{place}: only the searcher has queries"));
        }
        if spec.queries == Some(0) {
            return Some(format!("{place}: queries must be at least 1; to search for nothing, leave the role out"));
        }
        if spec.model.trim().is_empty() {
            return Some(format!("{place}: model must name a model, or be \"default\""));
        }
        if !(0.0..=2.0).contains(&spec.temperature) {
            return Some(format!("{place}: temperature must be from 0 to 2, not {}", spec.temperature));
        }
        if !(spec.top_p > 0.0 && spec.top_p <= 1.0) {
            return Some(format!("{place}: top_p must be above 0 and at most 1, not {}", spec.top_p));
        }
        if !(spec.repetition_penalty >= 1.0 && spec.repetition_penalty.is_finite()) {
            return Some(format!("{place}: repetition_penalty must be 1 or more, not {}", spec.repetition_penalty));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(change: impl Fn(&mut Team)) -> Option<String> {
        let mut team: Team = toml::from_str("name = \"t\"\n[roles.writer]\n[roles.searcher]\n").unwrap();
        change(&mut team);
        team_problem(&team)
    }

    #[test]
    fn a_team_needs_a_writer_and_sane_numbers() {
        assert_eq!(team(|_| {}), None);
        assert!(team(|team| drop(team.roles.remove(&Role::Writer))).unwrap().contains("needs a [roles.writer]"));
        assert!(team(|team| team.calls = 0).unwrap().contains("calls"));
        let writer = |change: fn(&mut crate::domain::team::RoleSpec)| {
            team(|team| team.roles.get_mut(&Role::Writer).into_iter().for_each(change)).unwrap()
        };
        assert!(writer(|spec| spec.temperature = f64::NAN).contains("temperature"));
        assert!(writer(|spec| spec.top_p = 0.0).contains("top_p"));
        assert!(writer(|spec| spec.repetition_penalty = 0.9).contains("repetition_penalty"));
        assert!(writer(|spec| spec.queries = Some(1)).contains("only the searcher"));
        assert!(writer(|spec| spec.model = " ".to_owned()).contains("model must name"));
    }
}
