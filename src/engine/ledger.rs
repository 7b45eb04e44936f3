//! Ceilings: a call reserves what it may cost before it starts and settles what it did cost after.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::usage::{Ceilings, Usage};
use crate::engine::error::EngineError;

/// The account of one debate, shared by all its calls, or of a whole tournament, shared by its matches.
#[derive(Debug)]
pub struct Ledger {
    ceilings: Ceilings,
    account: Mutex<Account>,
    /// What its calls are booked on as well.
    purse: Option<Arc<Ledger>>,
    /// Whether a call was refused.
    refused: AtomicBool,
}

#[derive(Debug, Default)]
struct Account {
    used: Usage,
    reserved_tokens: u64,
    reserved_dollars: f64,
}

/// What one call may cost at the most. Settle it, or drop it when the call failed.
#[derive(Debug)]
pub struct Reservation<'a> {
    own: Own<'a>,
    /// The same in the purse.
    outer: Option<Box<Reservation<'a>>>,
}

/// What is set aside in one account, until it is dropped.
#[derive(Debug)]
struct Own<'a> {
    ledger: &'a Ledger,
    tokens: u64,
    dollars: f64,
}

impl Ledger {
    /// An account that has already used what the log says.
    #[must_use]
    pub fn new(ceilings: Ceilings, used: Usage) -> Ledger {
        let account = Mutex::new(Account { used, ..Account::default() });
        Ledger { ceilings, account, purse: None, refused: AtomicBool::new(false) }
    }

    /// The same account, whose calls are booked on a purse as well.
    #[must_use]
    pub fn out_of(mut self, purse: Arc<Ledger>) -> Ledger {
        self.purse = Some(purse);
        self
    }

    /// Whether a call did not start because a ceiling of this account would have been passed.
    pub fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// What the settled calls of this account took, together.
    pub fn used(&self) -> Usage {
        self.account.lock().unwrap_or_else(PoisonError::into_inner).used
    }

    /// Sets tokens and dollars aside for a call.
    ///
    /// # Errors
    /// [`EngineError::Budget`] when a ceiling would be passed.
    pub fn reserve(&self, tokens: u64, dollars: f64) -> Result<Reservation<'_>, EngineError> {
        let own = self.reserve_here(tokens, dollars)?;
        let outer = self.purse.as_ref().map(|purse| purse.reserve(tokens, dollars)).transpose()?;
        Ok(Reservation { own, outer: outer.map(Box::new) })
    }

    fn reserve_here(&self, tokens: u64, dollars: f64) -> Result<Own<'_>, EngineError> {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        let needed = account.used.tokens() + account.reserved_tokens + tokens;
        if let Some(ceiling) = self.ceilings.tokens.filter(|ceiling| needed > *ceiling) {
            self.refused.store(true, Ordering::Relaxed);
            return Err(EngineError::Budget(format!(
                "the ceiling of {ceiling} tokens is reached: {} are used and the next call may take {tokens}; resume with a higher --max-tokens",
                account.used.tokens()
            )));
        }
        let needed = account.used.dollars + account.reserved_dollars + dollars;
        if let Some(ceiling) = self.ceilings.dollars.filter(|ceiling| needed > *ceiling) {
            self.refused.store(true, Ordering::Relaxed);
            return Err(EngineError::Budget(format!(
                "the ceiling of ${ceiling:.2} is reached: ${:.4} are spent and the next call may cost ${dollars:.4}; resume with a higher --max-dollars",
                account.used.dollars
            )));
        }
        account.reserved_tokens += tokens;
        account.reserved_dollars += dollars;
        Ok(Own { ledger: self, tokens, dollars })
    }
}

impl Reservation<'_> {
    /// Books what the call did cost and frees the rest.
    pub fn settle(self, usage: Usage) {
        self.own.ledger.account.lock().unwrap_or_else(PoisonError::into_inner).used += usage;
        if let Some(outer) = self.outer {
            outer.settle(usage);
        }
    }
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        let mut account = self.ledger.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.reserved_tokens -= self.tokens;
        account.reserved_dollars -= self.dollars;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(tokens: u64) -> Ledger {
        Ledger::new(Ceilings { tokens: Some(tokens), dollars: None }, Usage::default())
    }

    #[test]
    fn a_call_that_might_pass_the_ceiling_does_not_start() {
        let ledger = ledger(100);
        let first = ledger.reserve(60, 0.0).unwrap();
        assert!(matches!(ledger.reserve(60, 0.0), Err(EngineError::Budget(_))));
        drop(first);
        assert!(ledger.reserve(60, 0.0).is_ok());
    }

    #[test]
    fn settling_books_the_real_cost_and_frees_the_estimate() {
        let ledger = ledger(100);
        let call = ledger.reserve(90, 0.0).unwrap();
        call.settle(Usage { prompt_tokens: 5, completion_tokens: 5, ..Usage::default() });
        assert!(ledger.reserve(90, 0.0).is_ok());
        assert!(ledger.reserve(91, 0.0).is_err());
    }

    #[test]
    fn what_the_log_says_was_used_counts_after_a_resume() {
        let used = Usage { prompt_tokens: 80, ..Usage::default() };
        let ledger = Ledger::new(Ceilings { tokens: Some(100), dollars: None }, used);
        assert!(ledger.reserve(21, 0.0).is_err());
    }
    #[test]
    fn a_match_draws_on_the_purse_of_its_tournament() {
        let purse = Arc::new(ledger(100));
        let matches = [ledger(80).out_of(Arc::clone(&purse)), ledger(80).out_of(Arc::clone(&purse))];
        assert!(matches[0].reserve(81, 0.0).is_err() && !purse.has_refused());
        let call = matches[0].reserve(70, 0.0).unwrap();
        assert!(matches[1].reserve(70, 0.0).is_err() && purse.has_refused() && !matches[1].has_refused());
        call.settle(Usage { prompt_tokens: 20, ..Usage::default() });
        assert!(matches[1].reserve(80, 0.0).is_ok() && matches[1].reserve(81, 0.0).is_err());
        assert!(matches[0].reserve(61, 0.0).is_err());
    }
}
