//! What a document says, before it has a form. Every text in it is sanitised.

use crate::domain::audience::Swing;
use crate::domain::debate::Debate;
use crate::domain::event::Entry;
use crate::domain::evidence::{Citation, EvidenceItem, Standing};
use crate::domain::format::Stage;
use crate::domain::ranking::Placed;
use crate::domain::seat::Side;
use crate::domain::verdict::Outcome;
use crate::evidence::deviation;
use crate::text::sanitize::sanitize;

/// A debate as a reader sees it.
pub struct Page {
    pub motion: String,
    /// `policy · agent4debate · 2026-11-23`.
    pub facts: String,
    /// The player of each side.
    pub players: [String; 2],
    pub verdict: String,
    pub speeches: Vec<SpeechPart>,
    pub ballots: Vec<BallotPart>,
    pub evidence: Vec<EvidencePart>,
    pub cost: String,
}

pub struct SpeechPart {
    pub heading: String,
    pub text: String,
    /// `E3 verified`, and so on.
    pub citations: Vec<String>,
}

pub struct BallotPart {
    pub judge: String,
    pub verdict: String,
    /// Dimension, weight, and the probability that the proposition is better.
    pub dimensions: Vec<[String; 3]>,
    pub reasons: Vec<String>,
    pub cautions: Vec<String>,
}

pub struct EvidencePart {
    pub side: String,
    pub label: String,
    pub title: String,
    pub text: String,
}

impl Page {
    /// Folds a log into a page; `None` without an opening.
    pub fn of(entries: &[Entry]) -> Option<Page> {
        let debate = Debate::fold(entries.iter().map(|entry| &entry.event));
        let opening = debate.opening.as_ref()?;
        let day = entries.first().and_then(|entry| entry.at.get(..10)).unwrap_or_default();
        let player = |side| clean(&opening.players(side));
        Some(Page {
            motion: clean(&opening.motion.text),
            facts: format!("{} · {} · {day}", opening.motion.category, clean(&opening.format.name)),
            players: [player(Side::Proposition), player(Side::Opposition)],
            verdict: verdict(&debate),
            speeches: speeches(&debate),
            ballots: ballots(&debate),
            evidence: evidence(&debate),
            cost: format!(
                "{} prompt tokens, {} written tokens, ${:.4}",
                debate.usage.prompt_tokens, debate.usage.completion_tokens, debate.usage.dollars
            ),
        })
    }

    /// The page with how the audience moved, beside the verdict.
    pub fn before_audience(mut self, swing: Option<Swing>) -> Page {
        if let Some(swing) = swing {
            self.verdict.push_str(&format!(" {}", swing.sentence()));
        }
        self
    }
}

fn clean(text: &str) -> String {
    sanitize(text).to_string()
}

fn verdict(debate: &Debate) -> String {
    let Some(outcome) = &debate.outcome else {
        return debate.stopped.as_deref().map_or("The debate is not finished.".to_owned(), |reason| {
            format!("The debate stopped: {}", clean(reason))
        });
    };
    let mut text = match outcome.winner {
        _ if !outcome.ranking.is_empty() => ranking(debate, outcome),
        Some(side) => format!("The {side} wins"),
        None => "A tie".to_owned(),
    };
    text.push_str(&format!(" (probability of the proposition {:.0} %)", outcome.probability * 100.0));
    if let Some(unrated) = outcome.unrated {
        text.push_str(&format!("; unrated, since {}", unrated.sentence()));
    }
    text.push('.');
    text
}

/// `1. Opening government (solo), 2. ...`
fn ranking(debate: &Debate, outcome: &Outcome) -> String {
    let title =
        |team: &Placed| debate.opening.as_ref().map(|opening| opening.seat_title(team.seat)).unwrap_or_default();
    let place = |team: &Placed| format!("{}. {} ({})", team.place, clean(&title(team)), clean(&team.player));
    outcome.ranking.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn speeches(debate: &Debate) -> Vec<SpeechPart> {
    let title = |speech: &crate::domain::speech::Speech| {
        let Some(opening) = &debate.opening else { return String::new() };
        let stage = opening.format.stages.get(speech.stage).map_or("speech", Stage::name);
        clean(&format!("{}, {stage}", opening.seat_title(speech.seat)))
    };
    let part = |speech: &crate::domain::speech::Speech| SpeechPart {
        heading: format!("{}. {} ({} words)", speech.speech + 1, title(speech), speech.words),
        text: clean(&speech.text),
        citations: speech.citations.iter().map(|citation| cited(citation, debate.bags.get(&speech.seat))).collect(),
    };
    debate.speeches.values().map(part).collect()
}

fn ballots(debate: &Debate) -> Vec<BallotPart> {
    let Some(opening) = &debate.opening else { return Vec::new() };
    let mut parts = Vec::new();
    for (judge, judging) in opening.judges.iter().zip(&debate.judging) {
        let judge = clean(&opening.judge_title(judge));
        if let Some(ballot) = &judging.ballot {
            let called = |side| clean(opening.called(ballot.between, side));
            let winner = ballot.winner.map_or("a tie".to_owned(), |side| format!("for the {}", called(side)));
            let forfeits =
                ballot.forfeits.iter().map(|(side, why)| format!("The {} forfeits: {}", called(*side), clean(why)));
            let reasons = ballot.reasons.iter().map(|reason| {
                let quotes =
                    reason.quotes.iter().map(|q| format!(" \"{}\" ({})", clean(&q.text), standing(q.standing)));
                format!("{}{}", clean(&reason.text), quotes.collect::<String>())
            });
            parts.push(BallotPart {
                judge,
                verdict: format!(
                    "{winner}, probability of the {} {:.1} %",
                    called(Side::Proposition),
                    ballot.probability * 100.0
                ),
                dimensions: ballot
                    .dimensions
                    .iter()
                    .map(|d| [clean(&d.dimension), format!("{}", d.weight), format!("{:.1} %", d.probability * 100.0)])
                    .collect(),
                reasons: forfeits
                    .chain(ballot.checks.iter().map(|check| clean(&check.line())))
                    .chain(reasons)
                    .collect(),
                cautions: ballot.cautions.iter().map(|caution| clean(caution)).collect(),
            });
        } else if let Some(reason) = &judging.voided {
            let (dimensions, reasons, cautions) = Default::default();
            parts.push(BallotPart {
                judge,
                verdict: format!("void: {}", clean(reason)),
                dimensions,
                reasons,
                cautions,
            });
        }
    }
    parts
}

fn evidence(debate: &Debate) -> Vec<EvidencePart> {
    let mut parts = Vec::new();
    for (seat, bag) in &debate.bags {
        let side = debate.opening.as_ref().map(|opening| clean(&opening.seat_title(*seat)));
        for item in bag {
            parts.push(EvidencePart {
                side: side.clone().unwrap_or_default(),
                label: clean(&item.label),
                title: clean(&item.title),
                text: clean(&item.text),
            });
        }
    }
    parts
}

/// How a citation stands, and in what a close one differs from its source.
pub(super) fn cited(citation: &Citation, bag: Option<&Vec<EvidenceItem>>) -> String {
    let stands = format!("{} {}", clean(&citation.label), standing(citation.standing));
    match deviation(citation, bag.map_or(&[][..], |bag| bag)) {
        Some(shown) => format!("{stands} ({})", clean(&shown)),
        None => stands,
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "verified",
        Standing::Close => "close to its source",
        Standing::Absent => "not in its source",
        Standing::Unquoted => "cited without a quote",
    }
}
