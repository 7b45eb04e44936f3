//! The screen without a terminal: real escape sequences go to a terminal emulator, and its screen is what tests see.

use std::cell::RefCell;
use std::io::{self, Write};
use std::num::NonZeroU16;
use std::rc::Rc;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rhetor::assets::Library;
use rhetor::domain::event::DebateId;
use rhetor::domain::seat::{Seat, Side};
use rhetor::domain::team::Role;
use rhetor::engine::publish::{Caller, Live, Published};
use rhetor::tui::{Cmd, Model, Msg, Options, update, view};

/// A terminal emulator that is written to.
#[derive(Clone)]
pub struct Emulator {
    parser: Rc<RefCell<vt100::Parser>>,
    /// Every byte that was written since the last look.
    bytes: Rc<RefCell<Vec<u8>>>,
}

impl Write for Emulator {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.parser.borrow_mut().process(buffer);
        self.bytes.borrow_mut().extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// A model of the screen, and what it asked for.
pub struct Stage {
    pub model: Model,
    pub cmds: Vec<Cmd>,
    size: (u16, u16),
}

impl Stage {
    /// The screen as it opens, under a theme.
    pub fn open(library: &Library, theme: &str, columns: u16, rows: u16) -> Stage {
        let options = Options::of(library, Some(theme), true, false).unwrap();
        let (model, cmds) = Model::new(options);
        Stage { model, cmds, size: (columns, rows) }
    }

    /// The same stage once more, so that what is tried on it leaves no trace.
    pub fn again(&self) -> Stage {
        Stage { model: self.model.clone(), cmds: Vec::new(), size: self.size }
    }

    /// A piece of a speech by the Writer of the first seat.
    pub fn write(&mut self, id: &DebateId, text: &str) {
        let caller =
            Caller::Role { speech: 0, seat: Seat(0), side: Side::Proposition, role: Role::Writer, revision: 0, ask: 0 };
        let live = Live::Token { caller, text: text.to_owned(), reasoning: false };
        self.take(Msg::Published(Published::Live { debate: id.clone(), live }));
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.take(Msg::Resize(columns, rows));
    }

    /// Takes a message in and keeps what it asks for.
    pub fn take(&mut self, msg: Msg) {
        let cmds = update(&mut self.model, msg);
        self.cmds.extend(cmds);
    }

    /// Presses keys, each as the keymap writes it.
    pub fn press(&mut self, keys: &[&str]) {
        for key in keys {
            self.take(Msg::Key(key.parse().unwrap()));
        }
    }

    /// What was asked for since the last time.
    pub fn asked(&mut self) -> Vec<Cmd> {
        std::mem::take(&mut self.cmds)
    }

    fn drawn(&self) -> Emulator {
        let (columns, rows) = self.size;
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let emulator = Emulator { parser: Rc::new(RefCell::new(parser)), bytes: Rc::default() };
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        let backend = CrosstermBackend::new(emulator.clone());
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        emulator
    }

    /// What a person sees, without trailing blanks.
    pub fn screen(&self) -> String {
        let emulator = self.drawn();
        let parser = emulator.parser.borrow();
        let rows = parser.screen().rows(0, self.size.0);
        rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// The bytes that draw the screen.
    pub fn bytes(&self) -> Vec<u8> {
        self.drawn().bytes.borrow().clone()
    }
}
