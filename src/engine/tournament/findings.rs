//! What the results of a tournament tell beyond its table: the ladder of record, how far judges agree, who used what.
//!
//! A fold over the results of its matches; nothing here is stored.

use serde::{Deserialize, Serialize};

use crate::domain::ballot::Ballot;
use crate::domain::usage::Cost;
use crate::domain::verdict::{Outcome, score};
use crate::engine::tournament::report::MatchReport;
use crate::rating::Game;
use crate::rating::bradley_terry::{Options, USUAL_PRIOR};
use crate::rating::caution::Caution;
use crate::rating::effects::Agreement;
use crate::rating::record::Record;
use crate::rating::results::{Results, Weighing};
use crate::rating::uncertainty::Resampling;

/// What the results of a tournament tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The ladder of record; matches on one motion are one cluster. `None` where the results give no ratings.
    pub record: Option<Record>,
    /// What a reader must know, the gravest first; those of the record are among them.
    pub cautions: Vec<Caution>,
    /// Each pair of judges that sat on one bench.
    pub agreement: Vec<Agreement>,
    /// Players before judges, in each the most tokens first.
    pub costs: Vec<Cost>,
}

/// The matches of a tournament, taken in one by one.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    games: Vec<Game>,
    /// By the judge's place on the bench.
    ballots: Vec<(String, Vec<Game>)>,
    costs: Vec<Cost>,
}

impl Tally {
    /// What the calls of a tournament used is told with its results.
    #[must_use]
    pub fn with_costs(costs: Vec<Cost>) -> Tally {
        Tally { costs, ..Tally::default() }
    }

    /// Takes a match in that has a result, with the ballots of its bench by the judges' places on it.
    pub fn take(&mut self, one: &MatchReport, outcome: &Outcome, ballots: &[(usize, Ballot)]) {
        // A tournament is of two teams a match.
        let Some(game) = Game::from_outcome(&one.debate, 0, "", outcome).pop() else { return };
        for (place, judge) in outcome.judges.iter().enumerate() {
            if self.ballots.len() <= place {
                self.ballots.push((judge.clone(), Vec::new()));
            }
            if let Some((_, ballot)) = ballots.iter().find(|(given, _)| *given == place) {
                self.ballots[place].1.push(Game { score: score(ballot.winner), ..game.clone() });
            }
        }
        self.games.push(Game { motion: one.meeting.motion.clone(), ..game });
    }

    /// What follows from all that was taken in.
    #[must_use]
    pub fn findings(mut self, resampling: &Resampling) -> Findings {
        let options = Options { prior: USUAL_PRIOR, ..Options::default() };
        let results = Results::of_games(&self.games, Weighing::Even);
        let (record, mut cautions) = match Record::of(&results, &options, resampling, None) {
            Ok(record) => {
                let cautions = record.cautions.clone();
                (Some(record), cautions)
            }
            Err(error) => (None, vec![Caution::no_fit(&error)]),
        };
        let agreement = self.agreement(&options);
        cautions.extend(agreement.iter().filter_map(Agreement::caution));
        let unaudited = self.games.iter().filter(|game| !game.audited).count() as u32;
        if unaudited > 0 {
            cautions.push(Caution::NeverAudited { games: unaudited, of: self.games.len() as u32 });
        }
        self.costs.sort_by(|one, other| {
            one.part
                .cmp(&other.part)
                .then(other.usage.tokens().cmp(&one.usage.tokens()))
                .then(one.name.cmp(&other.name))
        });
        Findings { record, cautions: Caution::gravest_first(cautions), agreement, costs: self.costs }
    }

    fn agreement(&self, options: &Options) -> Vec<Agreement> {
        let all = self.ballots.iter().enumerate();
        let pairs = all.flat_map(|(place, one)| self.ballots[place + 1..].iter().map(move |other| [one, other]));
        pairs
            .filter_map(|pair| Agreement::of(pair.map(|(name, games)| (name.as_str(), games.as_slice())), options))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DebateId;
    use crate::domain::sample;
    use crate::domain::seat::Side;
    use crate::domain::usage::{Part, Usage};
    use crate::domain::verdict::outcome;
    use crate::engine::tournament::report::MatchState;
    use crate::engine::tournament::told::Meeting;

    fn one_match(number: usize) -> MatchReport {
        MatchReport {
            meeting: Meeting {
                number,
                round: 1,
                motion: format!("motion {}", number % 2),
                proposition: "quartet".to_owned(),
                opposition: "solo".to_owned(),
            },
            state: MatchState::Done,
            debate: DebateId(format!("d{number}")),
            winner: None,
            probability: None,
            unrated: None,
            speeches: 0,
            planned: 4,
            failures: 0,
            reason: None,
        }
    }

    /// Takes in a match that two judges decided so.
    fn take(tally: &mut Tally, number: usize, winners: [Option<Side>; 2]) {
        let mut opening = sample::opening();
        let mut second = opening.judges[0].clone();
        second.name = "other@scripted".to_owned();
        opening.judges.push(second);
        let ballots = winners.map(|winner| sample::ballot(winner, 0.5));
        let result = outcome(&opening, std::iter::empty(), &ballots.each_ref(), false);
        let [one, other] = ballots;
        tally.take(&one_match(number), &result, &[(0, one), (1, other)]);
    }

    fn findings(matches: &[[Option<Side>; 2]]) -> Findings {
        let mut tally = Tally::default();
        for (number, winners) in matches.iter().enumerate() {
            take(&mut tally, number, *winners);
        }
        tally.findings(&Resampling { resamples: 30, ..Resampling::default() })
    }

    #[test]
    fn judges_are_compared_match_by_match_by_their_own_ballots() {
        let (pro, con) = (Some(Side::Proposition), Some(Side::Opposition));
        let findings = findings(&[[pro, pro], [pro, con], [con, con], [con, con]]);
        let [Agreement { judges, comparison }] = &findings.agreement[..] else { panic!("{findings:?}") };
        assert_eq!(judges.each_ref().map(String::as_str), ["label-probability@scripted", "other@scripted"]);
        assert_eq!((comparison.cases, comparison.same), (4, Some(0.75)));
        // Two of four for one, one of four for the other: p_o = 0.75, p_e = 0.5.
        assert!((comparison.kappa.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn matches_on_one_motion_are_one_cluster_and_judges_without_a_certificate_are_told() {
        let findings = findings(&[[Some(Side::Proposition); 2], [Some(Side::Opposition); 2], [None; 2]]);
        let record = findings.record.as_ref().unwrap();
        assert_eq!((record.clusters, record.battles), (2, 3));
        assert!(findings.cautions.contains(&Caution::NeverAudited { games: 3, of: 3 }));
        assert!(findings.cautions.is_sorted_by_key(Caution::severity), "{:?}", findings.cautions);
    }

    #[test]
    fn matches_on_one_motion_leave_ratings_unsure() {
        let mut tally = Tally::default();
        for number in 0..12 {
            let winner = Some(if number % 3 == 0 { Side::Opposition } else { Side::Proposition });
            take(&mut tally, 2 * number, [winner; 2]);
        }
        let findings = tally.findings(&Resampling { resamples: 60, ..Resampling::default() });
        let record = findings.record.unwrap();
        let widths = record.places.iter().map(|place| place.interval.high.unwrap() - place.interval.low.unwrap());
        assert!(widths.clone().count() == 2 && widths.into_iter().all(|width| width > 1.0), "{:?}", record.places);
        assert!(findings.cautions.contains(&Caution::FewClusters { clusters: 1 }), "{:?}", findings.cautions);
    }

    #[test]
    fn who_used_most_comes_first_and_players_before_judges() {
        let cost = |part, name: &str, tokens| Cost {
            part,
            name: name.to_owned(),
            calls: 1,
            usage: Usage { completion_tokens: tokens, ..Usage::default() },
        };
        let costs = vec![cost(Part::Judge, "j", 90), cost(Part::Player, "solo", 5), cost(Part::Player, "quartet", 7)];
        let findings = Tally::with_costs(costs).findings(&Resampling::default());
        let names: Vec<&str> = findings.costs.iter().map(|cost| cost.name.as_str()).collect();
        assert_eq!(names, ["quartet", "solo", "j"]);
    }
}
