//! The terminal while the screen is open: raw, on its alternate screen, and given back whole whatever happens.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;
use std::{panic, thread};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::{Print, force_color_output};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::assets::config::Notify;
use crate::text::sanitize::one_line;
use crate::tui::model::Model;
use crate::tui::view::view;

/// Asks the terminal to remember its window's title, and to put it back.
const KEEP_TITLE: &str = "\x1b[22;0t";
const OLD_TITLE: &str = "\x1b[23;0t";
/// Columns of a window's title.
const TITLE: usize = 100;

/// The terminal, taken over. Dropping it gives it back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
    title: String,
}

impl Screen {
    /// Takes the terminal over. A panic gives it back before it is told.
    ///
    /// # Errors
    /// The terminal refuses.
    pub fn open(mouse: bool) -> io::Result<Screen> {
        // crossterm writes a full reset for each colour under NO_COLOR, which would take bold and reversed with it. The
        // theme without colours does what NO_COLOR asks for.
        force_color_output(true);
        let before = panic::take_hook();
        let own = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            // A panic of another thread becomes an error of what it did, and the screen goes on.
            if thread::current().id() == own {
                restore(true);
                before(info);
            }
        }));
        let open = || {
            take(mouse)?;
            Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))
        };
        let terminal = open().inspect_err(|_| restore(mouse))?;
        Ok(Screen { terminal, mouse, title: String::new() })
    }

    /// Draws what changed, as one update that the terminal shows at once.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, model: &Model) -> io::Result<()> {
        let title = one_line(&model.title(), TITLE).into_string();
        if title != self.title {
            queue!(self.terminal.backend_mut(), SetTitle(&title))?;
            self.title = title;
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| view(model, frame))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Puts a text where the terminal pastes from (OSC 52); most terminals and tmux take it, also through ssh.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Tells somebody who looks elsewhere: with the bell, or with a message of the desktop (OSC 9).
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn notify(&mut self, text: &str, how: Notify) -> io::Result<()> {
        match how {
            Notify::Off => Ok(()),
            Notify::Bell => execute!(self.terminal.backend_mut(), Print('\u{7}')),
            Notify::Desktop => {
                let text = one_line(text, TITLE);
                execute!(self.terminal.backend_mut(), Print(format!("\u{1b}]9;{}\u{1b}\\", &*text)))
            }
        }
    }

    /// Gives the terminal to the user's editor, and takes it over again when the editor ends.
    ///
    /// # Errors
    /// The editor cannot be started, or it failed; the terminal refuses.
    pub fn edit(&mut self, editor: &str, file: &Path) -> io::Result<()> {
        restore(self.mouse);
        let mut words = editor.split_whitespace();
        let ended = std::process::Command::new(words.next().unwrap_or_default()).args(words).arg(file).status();
        take(self.mouse)?;
        self.repaint()?;
        let status = ended?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
    }

    /// Forgets what is on the screen, so that the next drawing writes every cell. A plain clear would ask the terminal
    /// where its cursor is, and the answer would come in between the keys.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Gives the terminal back, stops this process as Ctrl-Z does, and takes the terminal over again when it goes on.
    ///
    /// # Errors
    /// The terminal refuses.
    #[cfg(unix)]
    pub fn suspend(&mut self) -> io::Result<()> {
        restore(self.mouse);
        // The shell's own `kill`, since raising a signal from here would take unsafe code. Where there is no shell,
        // nothing is suspended and the screen comes back.
        let kill = format!("kill -TSTP {}", std::process::id());
        drop(std::process::Command::new("sh").args(["-c", &kill]).status());
        take(self.mouse)?;
        self.repaint()
    }

    /// There is nothing to suspend to here.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore(self.mouse);
    }
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = io::stdout();
    execute!(out, Print(KEEP_TITLE), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back as far as it can be.
fn restore(mouse: bool) {
    let mut out = io::stdout();
    if mouse {
        drop(execute!(out, DisableMouseCapture));
    }
    drop(execute!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show));
    drop(execute!(out, Print(OLD_TITLE)));
    drop(out.flush());
    drop(disable_raw_mode());
}
