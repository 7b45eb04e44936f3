//! What people are asked before and after a debate: how far they agree, what their opponent may know, how an audience votes.

use std::env;

use clap::Args;

use crate::cli::dictate::heard;
use crate::cli::output::Output;
use crate::clock;
use crate::domain::audience::{Count, Moment};
use crate::domain::event::DebateId;
use crate::domain::persuasion::{Agreement, Details, Persuasion};
use crate::domain::seat::Side;
use crate::engine::command::DebateRequest;
use crate::engine::company::Company;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::text::hash::content_hash;

/// The format in which an audience votes, where none is named.
const WITH_AUDIENCE: &str = "oxford";

/// What a person may let its opponent know. Each may be passed over.
const DETAILS: [&str; 6] = ["age", "gender", "ethnicity", "education", "employment", "politics"];

/// Characters of a detail that are kept.
const LONGEST_DETAIL: usize = 80;

/// The people around a debate.
#[derive(Clone, Debug, Default, Args)]
pub struct PeopleArguments {
    /// Ask the person who debates how far it agrees with the motion, before and after; `rhetor study` adds it up.
    #[arg(long)]
    pub persuade: bool,
    /// Who debates, for `rhetor study`; any name will do.
    #[arg(long, value_name = "NAME", requires = "persuade")]
    pub name: Option<String>,
    /// An audience votes before and after, and the side wins it that moved more of it: for the proposition, for the opposition,
    /// undecided. Without votes it asks for them.
    #[arg(long, value_name = "VOTES", num_args = 0..=1)]
    pub audience: Option<Option<Count>>,
    /// The votes after the debate; without them it asks.
    #[arg(long, value_name = "VOTES", requires = "audience")]
    pub audience_after: Option<Count>,
}

impl PeopleArguments {
    /// The format to debate in: an audience hears an Oxford-style debate if nothing else is said.
    #[must_use]
    pub fn format(&self, given: Option<String>) -> Option<String> {
        given.or_else(|| self.audience.is_some().then(|| WITH_AUDIENCE.to_owned()))
    }
}

/// Asks what is to be asked before a debate. `None` where the input ends first.
///
/// # Errors
/// Nobody is there to be persuaded, a name means nothing, or what was said cannot be kept.
pub async fn before(
    engine: &EngineHandle,
    request: &DebateRequest,
    people: &PeopleArguments,
    output: &mut Output,
) -> Result<Option<Company>, EngineError> {
    let mut company = Company::default();
    if people.persuade {
        let persons = engine.queries().persons(request)?;
        if persons.is_empty() {
            let how = "--persuade asks the person who debates, and none does; take a side yourself, for instance with --pro person";
            return Err(EngineError::Request(how.to_owned()));
        }
        let motion = engine.queries().library().motion_or_text(&request.motion)?.text;
        let are_two = persons.len() > 1;
        for (side, opponent) in persons {
            let Some(session) = introduce(&motion, side, opponent, are_two, people, output).await? else {
                return Ok(None);
            };
            engine.keep_session(&session).await?;
            output.note(&format!("Kept: {} before the debate.", session.before));
            company.sessions.push(session);
        }
    }
    company.audience = match people.audience {
        None => None,
        Some(Some(count)) => Some(count),
        Some(None) => match votes(Moment::Before, output).await? {
            Some(count) => Some(count),
            None => return Ok(None),
        },
    };
    Ok(Some(company))
}

/// Asks what is to be asked after a debate, and tells how the audience moved.
///
/// # Errors
/// What was said cannot be kept.
pub async fn after(
    engine: &EngineHandle,
    debate: &DebateId,
    given: Option<Count>,
    output: &mut Output,
) -> Result<(), EngineError> {
    let sessions = engine.queries().sessions_of(debate)?;
    let are_two = sessions.len() > 1;
    for session in sessions.into_iter().filter(|session| session.after.is_none()) {
        let Some(after) = agreement(&session.motion, are_two.then_some(session.side), output).await? else {
            output.note(&format!("`rhetor study after {} N` says it later, from 1 to 5", session.id));
            return Ok(());
        };
        engine.agree_after(&session.id, after).await?;
        output.note(&format!("Kept: {} before, {after} after.", session.before));
    }
    let has_voted = |moment| engine.queries().votes_at(debate, moment).map(|count| count.is_some());
    if has_voted(Moment::Before)? && !has_voted(Moment::After)? {
        let count = match given {
            Some(count) => Some(count),
            None => votes(Moment::After, output).await?,
        };
        match count {
            Some(count) => engine.keep_votes(debate, Moment::After, count).await?,
            None => output.note(&format!("`rhetor study vote {debate} VOTES` counts them later")),
        }
    }
    swing(engine, debate, output)
}

/// Tells how an audience moved, if one has voted twice.
///
/// # Errors
/// The store cannot be read.
pub fn swing(engine: &EngineHandle, debate: &DebateId, output: &mut Output) -> Result<(), EngineError> {
    if let Some(swing) = engine.queries().swing(debate)? {
        if output.json {
            let winner = swing.winner();
            output.document(
                &serde_json::json!({ "type": "audience_voted", "debate": debate, "swing": swing, "winner": winner }),
            );
        } else {
            output.line(&swing.sentence());
        }
    }
    Ok(())
}

/// One person before its debate. `None` where the input ends.
async fn introduce(
    motion: &str,
    side: Side,
    opponent: String,
    are_two: bool,
    people: &PeopleArguments,
    output: &mut Output,
) -> Result<Option<Persuasion>, EngineError> {
    let Some(before) = agreement(motion, are_two.then_some(side), output).await? else { return Ok(None) };
    // A person hears its opponent; only a model can be told something beforehand.
    let details = if are_two {
        None
    } else {
        match details(&opponent, output).await? {
            Some(details) => details,
            None => return Ok(None),
        }
    };
    let name = people.name.clone().or_else(|| env::var("USER").ok()).unwrap_or_else(|| "somebody".to_owned());
    Ok(Some(Persuasion {
        id: content_hash(clock::fresh_id().as_bytes()).short().to_owned(),
        at: clock::now(),
        debate: None,
        name: if are_two { format!("{name} ({side})") } else { name },
        motion: motion.to_owned(),
        side,
        opponent,
        opponent_is_person: are_two,
        before,
        after: None,
        details,
    }))
}

async fn agreement(motion: &str, of: Option<Side>, output: &mut Output) -> Result<Option<Agreement>, EngineError> {
    let who = of.map_or_else(String::new, |side| format!("Whoever speaks for the {side}: "));
    let scale = "1 strongly disagree, 2 disagree, 3 neither, 4 agree, 5 strongly agree";
    let question = format!("{who}How far do you agree with this motion? {motion}\n{scale}.");
    let read = |text: &str| {
        text.parse().ok().and_then(Agreement::new).ok_or_else(|| "a number from 1 to 5 is asked for".to_owned())
    };
    asked(&question, read, output).await
}

async fn votes(moment: Moment, output: &mut Output) -> Result<Option<Count>, EngineError> {
    let question = format!(
        "How does the audience vote {} the debate? For, against, undecided, for instance 12 8 5.",
        moment.name()
    );
    asked(&question, str::parse, output).await
}

/// Asks for consent first. The outer `None` is the end of the input, the inner one a no.
async fn details(opponent: &str, output: &mut Output) -> Result<Option<Option<Details>>, EngineError> {
    let question = format!(
        "May {opponent} know something of you, to choose reasons that matter to you? You say what, and may pass over any of it. It is \
         sent to that model with each of its turns and kept on this machine; `rhetor study export` shows it, `rhetor study forget` \
         erases it, but not what the model says in its speeches. yes or no."
    );
    match asked(&question, yes_or_no, output).await? {
        None => return Ok(None),
        Some(false) => return Ok(Some(None)),
        Some(true) => {}
    }
    let mut details = Details::new();
    for name in DETAILS {
        let Some(value) =
            asked(&format!("Your {name}? Nothing passes over it."), |text| Ok(text.to_owned()), output).await?
        else {
            return Ok(None);
        };
        if !value.is_empty() {
            details.insert(name.to_owned(), value.chars().take(LONGEST_DETAIL).collect());
        }
    }
    if details.is_empty() {
        return Ok(Some(None));
    }
    let told: Vec<String> = details.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let question = format!("{opponent} will know: {}. Is that right? yes or no.", told.join(", "));
    Ok(asked(&question, yes_or_no, output).await?.map(|is_right| is_right.then_some(details)))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("yes or no is asked for".to_owned()),
    }
}

/// Asks until there is an answer. `None` where the input ends.
async fn asked<T>(
    question: &str,
    read: impl Fn(&str) -> Result<T, String>,
    output: &mut Output,
) -> Result<Option<T>, EngineError> {
    loop {
        output.note(question);
        let Some(typed) = heard().await? else { return Ok(None) };
        match read(typed.trim()) {
            Ok(answer) => return Ok(Some(answer)),
            Err(why) => output.note(&why),
        }
    }
}
