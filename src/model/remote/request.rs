//! The body of a call, in the field names that the endpoint understands.

use serde_json::{Map, Value, json};

use crate::model::chat::{ChatRequest, Message};
use crate::model::remote::preset::{Abilities, Continues};

/// A body whose optional fields can be left out again when a model refuses them.
#[derive(Clone, Debug, PartialEq)]
pub struct Body(Map<String, Value>);

/// Fields that a call can do without, in the order in which they are given up. A schema is asked for in words too.
const OPTIONAL: [&str; 9] = [
    "top_p",
    "seed",
    "random_seed",
    "repetition_penalty",
    "repeat_penalty",
    "stop",
    "stream_options",
    "response_format",
    "temperature",
];

impl Body {
    /// The body of a streamed answer.
    #[must_use]
    pub fn chat(model: &str, request: &ChatRequest, abilities: &Abilities) -> Body {
        let mut fields = Map::new();
        fields.insert("model".to_owned(), json!(model));
        fields.insert("messages".to_owned(), json!(request.messages));
        fields.insert("stream".to_owned(), json!(true));
        fields.insert(abilities.max_tokens.clone(), json!(request.max_tokens));
        fields.insert("temperature".to_owned(), json!(request.sampling.temperature));
        if abilities.top_p && request.sampling.top_p < 1.0 {
            fields.insert("top_p".to_owned(), json!(request.sampling.top_p));
        }
        if let Some(name) = &abilities.seed {
            // Several endpoints hold a seed in 32 bits with a sign.
            fields.insert(name.clone(), json!(request.sampling.seed & 0x7fff_ffff));
        }
        if let Some(name) = &abilities.repetition_penalty
            && (request.sampling.repetition_penalty - 1.0).abs() > f64::EPSILON
        {
            fields.insert(name.clone(), json!(request.sampling.repetition_penalty));
        }
        let stop: Vec<&String> =
            request.stop.iter().filter(|stop| !stop.trim().is_empty()).take(abilities.stop).collect();
        if !stop.is_empty() {
            fields.insert("stop".to_owned(), json!(stop));
        }
        if let Some(schema) = request.schema.as_ref().filter(|_| abilities.json_schema) {
            let named = json!({ "name": "answer", "strict": true, "schema": schema });
            fields.insert("response_format".to_owned(), json!({ "type": "json_schema", "json_schema": named }));
        }
        if abilities.usage {
            fields.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        }
        if abilities.prefill {
            fields.insert("return_progress".to_owned(), json!(true));
        }
        Body(fields)
    }

    /// The body that asks for the probabilities of the next token.
    ///
    /// The temperature is 1, so that no endpoint can report sharpened probabilities. `lead` is sent only where the
    /// endpoint continues it; elsewhere the model would take it for a turn that is over.
    #[must_use]
    pub fn labels(model: &str, messages: &[Message], lead: &str, abilities: &Abilities) -> Body {
        let mut messages = messages.to_vec();
        let mut fields = Map::new();
        if !lead.is_empty() && abilities.continues != Continues::Never {
            messages.push(Message::assistant(lead));
            if abilities.continues == Continues::Asked {
                fields.insert("continue_final_message".to_owned(), json!(true));
                fields.insert("add_generation_prompt".to_owned(), json!(false));
            }
        }
        fields.insert("model".to_owned(), json!(model));
        fields.insert("messages".to_owned(), json!(messages));
        fields.insert(abilities.max_tokens.clone(), json!(1));
        fields.insert("temperature".to_owned(), json!(1.0));
        fields.insert("logprobs".to_owned(), json!(true));
        fields.insert("top_logprobs".to_owned(), json!(abilities.top_logprobs));
        Body(fields)
    }

    /// The optional fields that are in the body.
    #[must_use]
    pub fn optional(&self) -> Vec<&'static str> {
        OPTIONAL.into_iter().filter(|name| self.0.contains_key(*name)).collect()
    }

    /// Leaves a field out.
    pub fn leave_out(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The JSON to send.
    #[must_use]
    pub fn json(&self) -> &Map<String, Value> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::Sampling;
    use crate::model::remote::preset::tests::shipped;

    fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![Message::system("You debate."), Message::user("Begin.")],
            max_tokens: 50,
            sampling: Sampling { temperature: 0.7, top_p: 0.9, repetition_penalty: 1.1, seed: u64::MAX },
            stop: (1..=6).map(|number| format!("stop {number}")).collect(),
            schema: Some(json!({ "type": "object" })),
        }
    }

    #[test]
    fn each_endpoint_gets_its_own_field_names() {
        let presets = shipped();
        let body = |name: &str| Value::Object(Body::chat("m", &request(), &presets[name].abilities).0);
        let openai = body("openai");
        assert_eq!(openai["max_completion_tokens"], 50);
        assert_eq!(openai["seed"], 0x7fff_ffff);
        assert_eq!(openai["stop"].as_array().map(Vec::len), Some(4));
        assert_eq!(openai["response_format"]["json_schema"]["schema"]["type"], "object");
        assert_eq!(openai["stream_options"]["include_usage"], true);
        assert_eq!(openai["messages"][0], json!({ "role": "system", "content": "You debate." }));
        let mistral = body("mistral");
        assert_eq!((mistral["random_seed"].is_u64(), mistral.get("seed")), (true, None));
        assert_eq!(mistral.get("stream_options"), None);
        let anthropic = body("anthropic");
        assert_eq!(
            (anthropic.get("top_p"), anthropic.get("seed"), anthropic.get("response_format")),
            (None, None, None)
        );
        assert_eq!(body("llama.cpp")["repeat_penalty"], 1.1);
        assert_eq!(body("llama.cpp")["return_progress"], true);
        assert_eq!(body("vllm")["repetition_penalty"], 1.1);
    }

    #[test]
    fn the_lead_is_sent_only_where_it_is_continued() {
        let presets = shipped();
        let messages = [Message::user("A or B?")];
        let body = |name: &str| Value::Object(Body::labels("m", &messages, "Answer: ", &presets[name].abilities).0);
        assert_eq!(body("openai")["messages"].as_array().map(Vec::len), Some(1));
        assert_eq!(body("llama.cpp")["messages"][1]["content"], "Answer: ");
        assert_eq!(body("llama.cpp").get("continue_final_message"), None);
        assert_eq!(body("vllm")["continue_final_message"], true);
        assert_eq!(body("vllm")["add_generation_prompt"], false);
        assert_eq!(body("openai")["top_logprobs"], 20);
    }
}
