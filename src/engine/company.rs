//! What people bring to a debate besides speeches: what they think of the motion before and after, what they let their opponent know,
//! and the votes of an audience. All of it is committed before it is told as kept.

use crate::clock;
use crate::domain::audience::{Count, Moment, Swing};
use crate::domain::event::DebateId;
use crate::domain::persuasion::{Agreement, Persuasion};
use crate::domain::seat::Side;
use crate::domain::team::{PERSON, Role};
use crate::engine::command::DebateRequest;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::open::player;
use crate::engine::queries::Queries;
use crate::store::Forget;

/// Who takes part in a debate besides its debaters.
#[derive(Clone, Debug, Default)]
pub struct Company {
    /// Kept already, without a debate.
    pub sessions: Vec<Persuasion>,
    /// What the audience voted before.
    pub audience: Option<Count>,
}

impl EngineHandle {
    /// Opens a debate for its company. What they said before it is bound to the debate before its first event.
    ///
    /// # Errors
    /// As for [`crate::engine::command::Command::Start`]; then the sessions are forgotten.
    pub async fn begin(&self, request: &DebateRequest, company: Company) -> Result<DebateId, EngineError> {
        let id = DebateId(clock::fresh_id());
        let mut sessions = company.sessions;
        for session in &mut sessions {
            session.debate = Some(id.clone());
            self.store().keep_persuasion(session).await?;
        }
        if let Some(count) = company.audience {
            self.keep_votes(&id, Moment::Before, count).await?;
        }
        if let Err(error) = self.start_as(id.clone(), request).await {
            for session in sessions {
                self.store().forget_persuasions(Forget::One(session.id)).await?;
            }
            return Err(error);
        }
        // Now the other side's whole name is known.
        let opening = self.queries().debate(&id)?.opening;
        for mut session in sessions {
            let opponent = opening.as_ref().and_then(|opening| opening.of_side(session.side.opponent()));
            if let Some(opponent) = opponent {
                session.opponent.clone_from(&opponent.player);
                self.store().keep_persuasion(&session).await?;
            }
        }
        Ok(id)
    }

    /// Keeps a session, whole or as far as it is.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn keep_session(&self, session: &Persuasion) -> Result<(), EngineError> {
        Ok(self.store().keep_persuasion(session).await?)
    }

    /// Keeps what a person thinks after its debate.
    ///
    /// # Errors
    /// No session of this id, more than one, one that is finished, or the store cannot be written.
    pub async fn agree_after(&self, id: &str, after: Agreement) -> Result<Persuasion, EngineError> {
        let mut session = self.queries().session_by(id)?;
        if let Some(after) = session.after {
            let id = &session.id;
            return Err(EngineError::Request(format!(
                "session {id} has its {after} already; a second thought is no longer the debate's"
            )));
        }
        session.after = Some(after);
        self.keep_session(&session).await?;
        Ok(session)
    }

    /// Keeps the votes of an audience.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn keep_votes(&self, debate: &DebateId, moment: Moment, count: Count) -> Result<(), EngineError> {
        Ok(self.store().keep_votes(debate, moment, count, clock::now()).await?)
    }

    /// Erases sessions, and says how many.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn forget(&self, what: Forget) -> Result<usize, EngineError> {
        Ok(self.store().forget_persuasions(what).await?)
    }
}

impl Queries {
    /// The sides for which a person writes, each with the other side as it was named.
    ///
    /// # Errors
    /// A side names neither a team nor a model.
    pub fn persons(&self, request: &DebateRequest) -> Result<Vec<(Side, String)>, EngineError> {
        let usual = &self.library.config().defaults;
        let given = |side: Side| match side {
            Side::Proposition => request.proposition.as_deref().unwrap_or(&usual.proposition),
            Side::Opposition => request.opposition.as_deref().unwrap_or(&usual.opposition),
        };
        let mut persons = Vec::new();
        for side in Side::BOTH {
            let (team, _) = player(given(side), &self.library, &self.registry)?;
            if team.roles.get(&Role::Writer).is_some_and(|writer| writer.model == PERSON) {
                persons.push((side, given(side.opponent()).to_owned()));
            }
        }
        Ok(persons)
    }

    /// Every persuasion session, the oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sessions(&self) -> Result<Vec<Persuasion>, EngineError> {
        Ok(self.reader.persuasions()?)
    }

    /// The persuasion sessions of a debate.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sessions_of(&self, debate: &DebateId) -> Result<Vec<Persuasion>, EngineError> {
        Ok(self.reader.persuasions_of(debate)?)
    }

    /// The session of an id or of a unique beginning of one.
    ///
    /// # Errors
    /// None or more than one, or the store cannot be read.
    pub fn session_by(&self, id: &str) -> Result<Persuasion, EngineError> {
        let mut found = self.sessions()?;
        found.retain(|session| !id.is_empty() && session.id.starts_with(id));
        match (found.pop(), found.is_empty()) {
            (Some(session), true) => Ok(session),
            (Some(_), false) => {
                Err(EngineError::Request(format!("more than one session's id begins with \"{id}\"; give more of it")))
            }
            (None, _) => {
                let sentence = format!("no session's id begins with \"{id}\"; `rhetor study export` lists them");
                Err(EngineError::Request(sentence))
            }
        }
    }

    /// What an audience voted at a moment.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn votes_at(&self, debate: &DebateId, moment: Moment) -> Result<Option<Count>, EngineError> {
        Ok(self.reader.votes_at(debate, moment)?)
    }

    /// How a debate moved its audience, once it has voted twice.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn swing(&self, debate: &DebateId) -> Result<Option<Swing>, EngineError> {
        Ok(self.reader.swing(debate)?)
    }
}
