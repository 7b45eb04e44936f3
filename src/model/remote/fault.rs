//! What an endpoint means by a refusal, as an error with one clear sentence.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::model::error::ModelError;
use crate::model::remote::endpoint::Endpoint;

/// The longest part of an endpoint's own words that is shown, in characters.
const MESSAGE_LIMIT: usize = 300;

/// What the body of a refusal says, whichever of the known shapes it has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub message: String,
    pub code: String,
    /// The field of the request that is not accepted.
    pub param: String,
    /// Tokens of the prompt and the most there may be, where it is too long.
    pub too_long: Option<(usize, usize)>,
}

impl Report {
    /// Reads a body: `{"error": {...}}`, `{"error": "..."}`, `{"message": ...}`, `{"detail": ...}`, a list of these, or any text.
    #[must_use]
    pub fn read(body: &[u8]) -> Report {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Report::of(&value),
            Err(_) => Report { message: shorten(&String::from_utf8_lossy(body)), ..Report::default() },
        }
    }

    /// Reads an error that came as JSON.
    #[must_use]
    pub fn of(value: &Value) -> Report {
        let value = value.get(0).unwrap_or(value);
        let inner = value.get("error").unwrap_or(value);
        let text = |field: &str| match inner.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let message = match inner {
            Value::String(message) => message.clone(),
            _ => [text("message"), text("detail"), text("msg")]
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default(),
        };
        let number =
            |field: &str| inner.get(field).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        let code =
            [text("code"), text("type")].into_iter().filter(|code| !code.is_empty()).collect::<Vec<_>>().join(" ");
        Report {
            message: shorten(&message),
            code,
            param: text("param"),
            too_long: number("n_prompt_tokens").zip(number("n_ctx")),
        }
    }

    /// Whether code or message holds one of these, in any case.
    #[must_use]
    pub fn says(&self, words: &[&str]) -> bool {
        let all = format!("{} {}", self.code, self.message).to_lowercase();
        words.iter().any(|word| all.contains(word))
    }

    /// The first of these fields that the refusal is about.
    #[must_use]
    pub fn names<'a>(&self, fields: &[&'a str]) -> Option<&'a str> {
        let is_word = |text: &str, field: &str| {
            text.split(|character: char| !character.is_alphanumeric() && character != '_').any(|word| word == field)
        };
        fields
            .iter()
            .find(|field| is_word(&self.param, field))
            .or_else(|| fields.iter().find(|field| is_word(&self.message, field)))
            .copied()
    }
}

/// The error for a refusal that will not pass.
#[must_use]
pub fn refusal(endpoint: &Endpoint, status: StatusCode, report: &Report, location: Option<&str>) -> ModelError {
    if status == StatusCode::UNAUTHORIZED || (status.is_client_error() && report.says(&["api key", "api_key"])) {
        return ModelError::Unauthorized {
            endpoint: endpoint.label(),
            status: status.as_u16(),
            key_env: endpoint.key_env().unwrap_or("key_env of this endpoint in config.toml").to_owned(),
        };
    }
    let message = match location {
        Some(location) => format!("it redirects to {location}, and a key is not sent on; set base_url to that address"),
        None if report.message.is_empty() => status.canonical_reason().unwrap_or("it gives no reason").to_lowercase(),
        None => report.message.clone(),
    };
    let message = if status == StatusCode::NOT_FOUND { format!("{message}; is base_url right?") } else { message };
    ModelError::Status { endpoint: endpoint.label(), status: status.as_u16(), message: endpoint.without_key(&message) }
}

/// The error for an endpoint that asks to wait, again and again or for too long.
#[must_use]
pub fn rate_limited(endpoint: &Endpoint, asked: Option<Duration>, tries: u32) -> ModelError {
    let wait = asked.map_or_else(String::new, |asked| format!(" {} seconds", asked.as_secs_f64().ceil()));
    ModelError::RateLimited { endpoint: endpoint.label(), wait, tries }
}

/// The error for an answer that is not of the protocol.
#[must_use]
pub fn protocol(endpoint: &Endpoint, reason: impl Into<String>) -> ModelError {
    ModelError::Protocol { endpoint: endpoint.label(), reason: endpoint.without_key(&reason.into()) }
}

/// One line of at most [`MESSAGE_LIMIT`] characters, without control characters.
fn shorten(text: &str) -> String {
    let line = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}\u{2026}", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::remote::endpoint::tests::at;

    #[test]
    fn every_known_shape_of_a_refusal_is_read() {
        for (body, message) in [
            (r#"{"error":{"message":"no such model","type":"x","code":404}}"#, "no such model"),
            (r#"{"error":"no such model"}"#, "no such model"),
            (r#"[{"error":{"code":400,"message":"no such model"}}]"#, "no such model"),
            (r#"{"object":"error","message":"no such model"}"#, "no such model"),
            (r#"{"detail":"no such model"}"#, "no such model"),
            ("no\r\n such\u{1b} model", "no such model"),
            ("", ""),
        ] {
            assert_eq!(Report::read(body.as_bytes()).message, message, "{body}");
        }
    }

    #[test]
    fn a_long_message_is_cut() {
        assert_eq!(Report::read("\u{e9}".repeat(1000).as_bytes()).message.chars().count(), MESSAGE_LIMIT + 1);
    }

    #[test]
    fn the_field_that_is_not_accepted_is_found() {
        let fields = ["top_p", "seed", "temperature"];
        let report = |body: &str| Report::read(body.as_bytes());
        let openai =
            r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.7.","param":"temperature"}}"#;
        assert_eq!(report(openai).names(&fields), Some("temperature"));
        let gemini = r#"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"seed\": Cannot find field."}}]"#;
        assert_eq!(report(gemini).names(&fields), Some("seed"));
        let mistral =
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}"#;
        assert_eq!(report(mistral).names(&fields), Some("seed"));
        let claude = r#"{"error":{"message":"`temperature` and `top_p` cannot both be specified for this model."}}"#;
        assert_eq!(report(claude).names(&fields), Some("top_p"));
        assert_eq!(report(r#"{"error":{"message":"the seeds are bad"}}"#).names(&fields), None);
    }

    #[test]
    fn a_refused_key_names_the_variable() {
        let endpoint = at("gemini", "http://127.0.0.1:1/v1");
        for (status, body) in [(401, "{}"), (400, r#"{"error":{"message":"API key not valid."}}"#)] {
            let status = StatusCode::from_u16(status).unwrap();
            let error = refusal(&endpoint, status, &Report::read(body.as_bytes()), None).to_string();
            assert!(error.contains("set GEMINI_API_KEY or write it to credentials.toml"), "{error}");
        }
    }
}
