//! How likely a listener's next turn is, beside what llama.cpp says of the same token ids.
//!
//! On the quantised file both programs round activations to eight bits, each in its own way, and so both are off. On a
//! copy of the file whose weights are spelled out in 32 bits neither rounds, and they must agree.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use candle_core::Device;
use candle_core::quantized::gguf_file::{self, Content};
use candle_core::quantized::{GgmlDType, QTensor};
use rhetor::model::local::LocalModel;
use rhetor::model::local::backend::Backend;
use rhetor::model::peer::Peer;
use rhetor::model::{LabelQuestion, LabelRequest, Message, MessageRole, Scorer};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::{Failed, Outcome, check, find_model, model};

/// What a listener may say next; the first three to a good speaker.
const FOLLOW_UPS: [&str; 6] = [
    "That makes sense, thank you for explaining it so clearly.",
    "Great, this is exactly what I wanted to know.",
    "I see. Could you tell me more about the second point?",
    "You are not making any sense.",
    "That is not what I asked about at all.",
    "I don't understand what you mean, this is confusing.",
];

/// Tokens that the server is asked for first; all of them only where this is not enough.
const TOP: usize = 3000;

/// Seen: 0.06 between the margins and 0.06 between two means. llama.cpp's own margin is 0.04 from the one that it computes in
/// 32 bits, ours is 0.01.
pub fn matches_the_server() -> Outcome {
    let found = compare(&model()?, &env::var("RHETOR_TEST_SERVER")?)?;
    found.check(0.1, 0.1)
}

/// Seen: 0.0006 between the margins, and 0.0012 between two means.
pub fn matches_in_32_bits() -> Outcome {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("spelled-out.gguf");
    spell_out(&find_model().ok_or("there is no model")?, &copy)?;
    let server = Server::start(&copy)?;
    let model = LocalModel::open_on(&Backend::reference(), &copy, "real", None)?;
    compare(&model, &server.address)?.check(0.003, 0.005)
}

/// Means of a token's log-probability, of each text.
struct Means {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Means {
    /// `margin` is how far the differences of good and bad may be apart, `mean` how far the means of one text.
    fn check(&self, margin: f64, mean: f64) -> Outcome {
        let average = |means: &[f64]| means.iter().sum::<f64>() / means.len() as f64;
        let difference = |means: &[f64]| average(&means[..3]) - average(&means[3..]);
        let (here, there) = (difference(&self.ours), difference(&self.theirs));
        let farthest = self.ours.iter().zip(&self.theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let told = format!("margins {here:.4} and {there:.4}, means at most {farthest:.4} apart");
        eprintln!("{told}");
        check((here - there).abs() < margin && farthest < mean, || told)
    }
}

fn compare(model: &Arc<LocalModel>, server: &str) -> Result<Means, Failed> {
    let messages = vec![
        Message::user("Should our town keep its library open on Sundays?"),
        Message::assistant(
            "Yes. Many people work from Monday to Saturday, so Sunday is the only day on which they can go. \
             And it costs little: two people at the desk are enough.",
        ),
    ];
    let labels = FOLLOW_UPS.map(str::to_owned).to_vec();
    let question = LabelQuestion { messages, lead: String::new(), labels, turn: MessageRole::User };
    let made = model.continuations(&question)?;
    let runtime = Runtime::new()?;
    let (progress, _) = tokio::sync::mpsc::unbounded_channel();
    let request = LabelRequest { questions: vec![question] };
    let scores = runtime.block_on(model.label_scores(request, progress, CancellationToken::new()))?;
    let peer = Peer::new(server)?;
    let vocabulary = runtime.block_on(peer.model())?.vocabulary.ok_or("the server does not say its vocabulary")?;
    let theirs = |prompt: &[u32], token: u32| -> Result<f64, Failed> {
        for top in [TOP, vocabulary] {
            let answer = runtime.block_on(peer.next(prompt, top))?;
            if let Some((_, logprob)) = answer.top.into_iter().find(|(id, _)| *id == token) {
                return Ok(logprob);
            }
        }
        Err(format!("the server leaves token {token} out").into())
    };
    let mut means = Means { ours: Vec::new(), theirs: Vec::new() };
    for (i, label) in made.labels.iter().enumerate() {
        let count = scores.tokens[0][i];
        let own = model.tokenize(FOLLOW_UPS[i])?;
        check(*label == own && count as usize == own.len(), || format!("{count} tokens, {label:?} is not {own:?}"))?;
        let mut sum = 0.0;
        for (read, &token) in label.iter().enumerate() {
            sum += theirs(&[&made.prompt[..], &label[..read]].concat(), token)?;
        }
        means.ours.push(scores.log_probabilities[0][i] / f64::from(count));
        means.theirs.push(sum / f64::from(count));
    }
    Ok(means)
}

/// Writes a copy of a GGUF file with the same weights as numbers of 32 bits.
fn spell_out(path: &Path, copy: &Path) -> Outcome {
    let mut file = File::open(path)?;
    let content = Content::read(&mut file)?;
    let mut tensors = Vec::new();
    for name in content.tensor_infos.keys() {
        let numbers = content.tensor(&mut file, name, &Device::Cpu)?.dequantize(&Device::Cpu)?;
        tensors.push((name.as_str(), QTensor::quantize(&numbers, GgmlDType::F32)?));
    }
    let metadata: Vec<_> = content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    Ok(gguf_file::write(&mut File::create(copy)?, &metadata, &tensors)?)
}

/// A llama.cpp server of our own, which ends with the value.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(path: &Path) -> Result<Server, Failed> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/llama-server"));
        command.arg(path).args([&port, "2", "2048"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let server = Server { child, address: format!("http://127.0.0.1:{port}") };
        let mut lines = BufReader::new(output).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.starts_with("ready ")));
        check(ready, || "scripts/llama-server ended before it was ready".to_owned())?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
