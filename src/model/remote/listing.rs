//! Which models an endpoint has.

use serde_json::Value;

use crate::model::error::ModelError;
use crate::model::remote::endpoint::Endpoint;
use crate::model::remote::fault;
use crate::model::remote::stream::open;

/// A model of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// The name to call it by.
    pub id: String,
    /// The most tokens of prompt and answer together, where the endpoint says so.
    pub context: Option<usize>,
}

/// Asks an endpoint for its models, in its own order.
///
/// # Errors
/// The endpoint cannot be reached, refuses the key, or answers something else.
pub async fn list_models(endpoint: &Endpoint) -> Result<Vec<ListedModel>, ModelError> {
    let response = open(endpoint, endpoint.get("models")?).await?;
    let body = response.whole(endpoint).await?;
    let models = serde_json::from_slice::<Value>(&body).ok().as_ref().and_then(read);
    models.ok_or_else(|| fault::protocol(endpoint, "its list of models cannot be read"))
}

fn read(value: &Value) -> Option<Vec<ListedModel>> {
    let list = value.get("data").unwrap_or(value).as_array()?;
    let model = |entry: &Value| {
        let id = entry.get("id")?.as_str()?.to_owned();
        let context = ["context_length", "max_model_len", "max_context_length"]
            .into_iter()
            .find_map(|field| entry.get(field)?.as_u64())
            .or_else(|| entry.get("meta")?.get("n_ctx")?.as_u64());
        Some(ListedModel { id, context: context.and_then(|context| usize::try_from(context).ok()) })
    };
    Some(list.iter().filter_map(model).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_read_with_the_context_where_it_is_given() {
        let list = json!({ "object": "list", "data": [
            { "id": "plain" }, { "id": "vllm", "max_model_len": 4096 }, { "id": "llama", "meta": { "n_ctx": 2048 } }, { "no": 1 },
        ] });
        let found: Vec<(String, Option<usize>)> =
            read(&list).unwrap().into_iter().map(|model| (model.id, model.context)).collect();
        assert_eq!(found, [("plain".into(), None), ("vllm".into(), Some(4096)), ("llama".into(), Some(2048))]);
        assert_eq!(read(&json!({ "hello": "world" })), None);
    }
}
