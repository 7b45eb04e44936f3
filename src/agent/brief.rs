//! What a role is told: the material of one call, before it is put into words by a template.

use serde_json::{Value, json};

use crate::agent::setup::Heard;
use crate::agent::stance::{claim, sentence, stand};
use crate::domain::evidence::EvidenceItem;
use crate::domain::format::StageKind;
use crate::domain::motion::Motion;
use crate::domain::seat::{Seat, Side};
use crate::text::fence::Fence;

/// The material of one call. What a role has no use for is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    pub motion: Motion,
    pub seat: Seat,
    pub side: Side,
    /// What the team has to do that others of its side have not; empty with one team a side.
    pub task: String,
    pub stage: StageKind,
    /// The most words of the speech.
    pub words: usize,
    pub heard: Vec<Heard>,
    pub evidence: Vec<EvidenceItem>,
    /// The Analyzer's plan for this speech.
    pub analysis: String,
    pub draft: String,
    /// What the Reviewer wants mended in the draft.
    pub notes: String,
    /// What a machine saw in the draft.
    pub remarks: Vec<String>,
    /// What the Writer asked the Searcher for.
    pub request: String,
    /// The most queries of the Searcher.
    pub queries: usize,
    /// Queries that were run for this speech.
    pub searched: Vec<String>,
    /// Whether the Writer may ask for material now.
    pub may_search: bool,
    /// Whether the Writer's last answer held no speech.
    pub again: bool,
    /// Whether the draft is out of place in a public debate and has to be rewritten.
    pub rude: bool,
}

impl Brief {
    /// The names that templates may use. What others wrote stands behind fences that carry the nonce.
    #[must_use]
    pub fn context(&self, nonce: u64) -> Value {
        let fence = Fence::new(nonce);
        let heard = self.heard.iter().map(|speech| {
            let ours = speech.seat == self.seat;
            let colleagues = !ours && speech.side == self.side;
            let label = if ours {
                "our speech"
            } else if colleagues {
                "our colleagues' speech"
            } else {
                "their speech"
            };
            json!({ "ours": ours, "colleagues": colleagues, "stage": speech.stage.name(), "text": fence.wrap(label, &speech.text) })
        });
        let evidence = self.evidence.iter().map(|item| {
            let text = fence.wrap(&format!("[{}] {}", item.label, item.title), &item.text);
            json!({ "label": item.label, "text": text })
        });
        json!({
            "motion": sentence(&self.motion.text),
            "background": self.motion.context.trim(),
            "side": self.side.name(),
            "stand": stand(self.side),
            "task": self.task.trim(),
            "claim": claim(&self.motion, self.side),
            "stage": self.stage.name(),
            "words": self.words,
            "heard": heard.collect::<Vec<_>>(),
            "answers": self.heard.iter().any(|speech| speech.side != self.side),
            "evidence": evidence.collect::<Vec<_>>(),
            "analysis": self.analysis,
            "draft": self.draft,
            "notes": self.notes,
            "remarks": self.remarks,
            "request": self.request,
            "queries": self.queries,
            "searched": self.searched,
            "may_search": self.may_search,
            "again": self.again,
            "rude": self.rude,
        })
    }
}
