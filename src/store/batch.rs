//! What is written together: events, the requests that they name, and the lease under which they are written.

use std::cell::RefCell;

use zstd::bulk::Compressor;

use crate::domain::event::{DebateId, Entry, Event};
use crate::domain::hash::ContentHash;
use crate::store::error::StoreError;
use crate::store::lease::LeaseToken;

/// How hard requests are compressed, 1 to 22; they are written once and seldom read.
const COMPRESSION: i32 = 3;

thread_local! {
    /// Making one anew costs as much as a request takes to compress. Without memory for it there is none.
    static PACKER: RefCell<Option<Compressor<'static>>> = RefCell::new(Compressor::new(COMPRESSION).ok());
}

/// Becomes part of the store as a whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// In the order of their `seq`, which goes on from the stored log without a gap.
    pub entries: Vec<Entry>,
    /// Those that the entries name. A request that is known already is not written again.
    pub requests: Vec<StoredRequest>,
    /// If given, the batch is refused once another process has taken the lease over.
    pub lease: Option<LeaseToken>,
}

/// A rendered request by the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRequest {
    pub hash: ContentHash,
    pub body: Vec<u8>,
}

/// A batch in the form in which it is written. Made by the caller's thread, so that the owner thread only writes.
pub struct Prepared {
    pub rows: Vec<(Entry, String)>,
    pub requests: Vec<(ContentHash, Vec<u8>)>,
    pub lease: Option<LeaseToken>,
}

impl Batch {
    /// Serialises the events and compresses the requests.
    ///
    /// # Errors
    /// An event that would not come back as it is, for instance because a number in it is not finite.
    pub(in crate::store) fn prepare(self) -> Result<Prepared, StoreError> {
        let rows = self.entries.into_iter().map(|entry| Ok((body(&entry)?, entry))).map(|row| row.map(|(b, e)| (e, b)));
        let requests = self.requests.into_iter().map(|request| {
            let packed = PACKER.with_borrow_mut(|packer| packer.as_mut().map(|packer| packer.compress(&request.body)));
            let packed = packed.unwrap_or_else(|| zstd::bulk::compress(&request.body, COMPRESSION));
            let failed = |error| StoreError::Failed { path: format!("request {}", request.hash), reason: error };
            Ok((request.hash.clone(), packed.map_err(|error| failed(error.to_string()))?))
        });
        Ok(Prepared {
            rows: rows.collect::<Result<_, _>>()?,
            requests: requests.collect::<Result<_, StoreError>>()?,
            lease: self.lease,
        })
    }
}

impl Prepared {
    /// The debates that it writes to.
    pub fn debates(&self) -> impl Iterator<Item = &DebateId> {
        self.rows.iter().map(|(entry, _)| &entry.debate)
    }
}

/// The event as JSON, read back once to be sure.
fn body(entry: &Entry) -> Result<String, StoreError> {
    let lossy = |reason| StoreError::Lossy { debate: entry.debate.0.clone(), seq: entry.seq, reason };
    let body = serde_json::to_string(&entry.event).map_err(|error| lossy(error.to_string()))?;
    match serde_json::from_str::<Event>(&body) {
        Ok(event) if event == entry.event => Ok(body),
        Ok(_) => Err(lossy("a value changes on the way".to_owned())),
        Err(error) => Err(lossy(error.to_string())),
    }
}
