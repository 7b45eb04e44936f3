//! Battles as CSV (RFC 4180): a first line of column names, fields in quotation marks where they hold commas, marks or line ends.

use crate::rating::battles::{
    Import, LONGEST_LINE, LineError, Part, Refusal, Spelled, join, shortened, spelled, style_of,
};
use crate::rating::results::Results;

/// What names of columns of style begin with.
const STYLE: &str = "style.";

/// Which field holds what.
struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn find(&self, names: &[&str]) -> Option<usize> {
        self.names.iter().position(|column| names.contains(&column.as_str()))
    }

    /// The figures of style of a line; empty fields are left out.
    fn style(&self, fields: &[String]) -> Result<Vec<(&str, f64)>, LineError> {
        let style =
            self.names.iter().zip(fields).filter_map(|(name, field)| Some((name.strip_prefix(STYLE)?, field.trim())));
        let figure = |(column, field): (_, &str)| {
            let wrong = || LineError::Style { column: shortened(column), figure: shortened(field) };
            let figure = field.parse().ok().filter(|figure: &f64| figure.is_finite());
            figure.map(|figure| (column, figure)).ok_or_else(wrong)
        };
        style.filter(|(_, field)| !field.is_empty()).map(figure).collect()
    }
}

/// Reads battles. A line ends where no quotation mark is open; it has the number of the line that it begins on.
///
/// # Errors
/// The first line does not name the columns that are needed.
pub fn read_csv(text: &[u8]) -> Result<Import, Refusal> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut part = Part { lines: 1, ..Part::default() };
    let mut rest = text;
    let head = next(&mut rest);
    let at_head = |error| Refusal { line: 1, error };
    let names = fields(head).map_err(at_head)?.into_iter().map(|name| name.trim().to_owned()).collect();
    let columns = Columns { names };
    for name in ["model_a", "model_b", "winner"] {
        if columns.find(&[name]).is_none() {
            return Err(at_head(LineError::NoColumn { column: name }));
        }
    }
    part.lines += line_ends(head);
    while !rest.is_empty() {
        let line = next(&mut rest);
        if let Err(error) = read_line(line, &columns, &mut part) {
            part.refuse(error);
        }
        part.lines += line_ends(line);
    }
    Ok(join(vec![part]))
}

fn line_ends(line: &[u8]) -> u64 {
    line.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Takes the next line with its end.
fn next<'t>(rest: &mut &'t [u8]) -> &'t [u8] {
    let mut quoted = false;
    let end = rest.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    // A mark that is never closed ends with its line, so that one bad line does not take all others with it.
    let end = end.or_else(|| rest.iter().position(|byte| *byte == b'\n'));
    let (line, others) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
    *rest = others;
    line
}

fn read_line(line: &[u8], columns: &Columns, part: &mut Part) -> Result<(), LineError> {
    if line.trim_ascii().is_empty() {
        return Ok(());
    }
    let fields = fields(line)?;
    if fields.len() != columns.names.len() {
        return Err(LineError::Columns { found: fields.len(), wanted: columns.names.len() });
    }
    let field = |names: &[&str]| columns.find(names).map(|at| fields[at].as_str());
    let weight = field(&["weight"]).map(str::trim).filter(|weight| !weight.is_empty());
    let weight = weight.map(|weight| weight.parse().map_err(|_| LineError::Weight { weight: shortened(weight) }));
    let style = columns.style(&fields)?;
    let spelled = Spelled {
        model_a: field(&["model_a"]).unwrap_or_default(),
        model_b: field(&["model_b"]).unwrap_or_default(),
        winner: field(&["winner"]).unwrap_or_default().trim(),
        weight: weight.transpose()?,
        cluster: field(&["cluster", "motion", "prompt_id"]),
        proposition: field(&["proposition"]).map(str::trim),
    };
    part.take(&spelled, &style)
}

fn fields(line: &[u8]) -> Result<Vec<String>, LineError> {
    if line.len() > LONGEST_LINE {
        return Err(LineError::TooLong { bytes: line.len() });
    }
    let line = std::str::from_utf8(line).map_err(|_| LineError::NotText)?;
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    if quoted {
        return Err(LineError::OpenQuote);
    }
    fields.push(field);
    Ok(fields)
}

/// Writes battles with all columns; what is usual is empty.
#[must_use]
pub fn csv(results: &Results) -> String {
    let mut text = String::from("model_a,model_b,winner,weight,cluster,proposition");
    for column in results.columns() {
        text.push(',');
        text.push_str(&quoted(&format!("{STYLE}{column}")));
    }
    text.push('\n');
    for (number, battle) in results.battles().iter().enumerate() {
        let Spelled { model_a, model_b, winner, weight, cluster, proposition } = spelled(results, battle);
        let weight = weight.map(|weight| weight.to_string()).unwrap_or_default();
        let fields = [model_a, model_b, winner, &weight, cluster.unwrap_or_default(), proposition.unwrap_or_default()];
        text.push_str(&fields.map(quoted).join(","));
        style_of(results, number).iter().for_each(|figure| text.push_str(&format!(",{figure}")));
        text.push('\n');
    }
    text
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
