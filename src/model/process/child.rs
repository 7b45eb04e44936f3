//! Starts the program, hears its greeting, and tells why it ended.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::model::process::connection::Connection;
use crate::model::process::protocol::{self, Greeting, PROTOCOL};

/// How long the program may take to greet. A driver that builds its kernels anew needs most of it.
const PATIENCE: Duration = Duration::from_secs(90);

/// The name of the program.
const NAME: &str = "rhetor-engine";

/// A program that serves models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
}

/// Why a program serves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was built without a GPU: nothing is amiss.
    WithoutGpu,
    /// The reason, without a full stop.
    Broken(String),
}

impl Program {
    /// `rhetor-engine` in the folder of the program that runs now.
    #[must_use]
    pub fn beside() -> Program {
        let folder = std::env::current_exe().ok().and_then(|path| path.parent().map(ToOwned::to_owned));
        let path = folder.unwrap_or_default().join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
        Program { path, arguments: Vec::new() }
    }

    /// Starts the program and waits for its greeting. Blocks for as long as a driver takes to come up.
    ///
    /// # Errors
    /// It does not start, or does not greet, or cannot serve here. Nothing is left running then.
    pub fn start(&self) -> Result<Arc<Connection>, Failure> {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A key that interrupts the parent must not end the child before the parent has kept what was written.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child =
            command.spawn().map_err(|error| Failure::Broken(format!("{}: {error}", self.path.display())))?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Failure::Broken(end(child, None)));
        };
        let errors = std::thread::spawn(move || last_line(BufReader::new(errors)));
        let (greeted, greeting) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let greeting = protocol::read::<Greeting>(&mut output);
            // Who lost patience no longer listens.
            let _ = greeted.send((greeting, output));
        });
        let broken = |child: Child, reason: String| {
            end(child, None);
            Err(Failure::Broken(reason))
        };
        match greeting.recv_timeout(PATIENCE) {
            Ok((Ok(Some(Greeting::Hello { protocol: PROTOCOL, device, .. })), output)) => {
                Ok(Connection::new(device, input, output, move || end(child, Some(errors))))
            }
            Ok((Ok(Some(Greeting::Hello { version, .. })), _)) => {
                let own = env!("CARGO_PKG_VERSION");
                broken(child, format!("{NAME} {version} does not understand rhetor {own}; install both together"))
            }
            Ok((Ok(Some(Greeting::WithoutGpu)), _)) => {
                end(child, None);
                Err(Failure::WithoutGpu)
            }
            Ok((Ok(Some(Greeting::Refused { reason })), _)) => broken(child, reason),
            Ok((Ok(None), _)) => Err(Failure::Broken(end(child, Some(errors)))),
            Ok((Err(error), _)) => broken(child, format!("it does not greet as {NAME} does: {error}")),
            Err(_) => broken(child, format!("it said nothing for {} seconds", PATIENCE.as_secs())),
        }
    }
}

/// Ends a child that has closed its output, or is of no use; says why it ended, with its own last words if it had any.
fn end(mut child: Child, errors: Option<JoinHandle<Option<String>>>) -> String {
    // One that has ended by itself keeps its own status.
    let _ = child.kill();
    let status = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
    errors.and_then(|errors| errors.join().ok()).flatten().unwrap_or(status)
}

/// The last line that says something.
fn last_line(errors: impl BufRead) -> Option<String> {
    let lines = errors.lines().map_while(Result::ok);
    let lines = lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty() && !line.starts_with("note:"));
    let line = lines.last()?;
    // A loader puts the path of the program before its complaint.
    let complaint = line.split_once(&format!("{NAME}: ")).map_or(line.as_str(), |(_, complaint)| complaint);
    Some(complaint.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_program_are_its_complaint() {
        let loader = "/opt/x/rhetor-engine: error while loading shared libraries: libcuda.so.1: cannot open\n";
        let heard = last_line(loader.as_bytes());
        assert_eq!(heard.as_deref(), Some("error while loading shared libraries: libcuda.so.1: cannot open"));
        let panic = "thread 'main' panicked:\nout of luck\nnote: run with `RUST_BACKTRACE=1`\n\n";
        assert_eq!(last_line(panic.as_bytes()).as_deref(), Some("out of luck"));
        assert_eq!(last_line(&b"\n"[..]), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let program = Program { path: PathBuf::from("/no/such/rhetor-engine"), arguments: Vec::new() };
        let Err(Failure::Broken(reason)) = program.start() else { panic!("it started") };
        assert!(reason.starts_with("/no/such/rhetor-engine: "), "{reason}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_or_talks_nonsense_is_no_engine() {
        let shell = |script: &str| {
            let arguments = vec!["-c".to_owned(), script.to_owned()];
            match (Program { path: PathBuf::from("/bin/sh"), arguments }).start() {
                Ok(_) => panic!("it serves"),
                Err(failure) => failure,
            }
        };
        assert_eq!(shell("echo no driver >&2; exit 127"), Failure::Broken("no driver".to_owned()));
        assert_eq!(shell("exit 3"), Failure::Broken("exit status: 3".to_owned()));
        assert_eq!(shell("echo '{\"refused\":{\"reason\":\"no GPU\"}}'"), Failure::Broken("no GPU".to_owned()));
        assert_eq!(shell("echo '\"without_gpu\"'; read line"), Failure::WithoutGpu);
        let Failure::Broken(reason) = shell("echo hello; read line") else { panic!("it is broken") };
        assert!(reason.starts_with("it does not greet as rhetor-engine does: "), "{reason}");
        let other = "echo '{\"hello\":{\"protocol\":0,\"version\":\"0.0.1\",\"device\":\"x\"}}'; read line";
        let Failure::Broken(reason) = shell(other) else { panic!("it is broken") };
        assert!(reason.starts_with("rhetor-engine 0.0.1 does not understand rhetor "), "{reason}");
    }
}
