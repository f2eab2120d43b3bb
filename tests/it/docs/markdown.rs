//! As much of Markdown as the tests of the documents need: headings, fenced blocks and tables.

/// A fenced block of code.
#[derive(Debug)]
pub struct Block {
    /// The heading above it.
    pub heading: String,
    /// The words after the fence: the language, then options.
    pub info: Vec<String>,
    pub text: String,
    /// The line of its fence, counted from 1.
    pub line: usize,
}

impl Block {
    /// Whether the language is this one.
    pub fn is(&self, language: &str) -> bool {
        self.info.first().is_some_and(|word| word == language)
    }
}

/// The fenced blocks, in their order.
pub fn blocks(text: &str) -> Vec<Block> {
    let (mut blocks, mut heading, mut open) = (Vec::new(), String::new(), None::<Block>);
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Block { heading: heading.clone(), info, text: String::new(), line: index + 1 });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text = format!("{}{line}\n", block.text),
            (None, None) => heading = heading_of(line).map_or(heading, str::to_owned),
        }
    }
    assert!(open.is_none(), "a block has no end: {open:?}");
    blocks
}

/// The headings outside of blocks, of every level.
pub fn headings(text: &str) -> Vec<String> {
    outside_of_blocks(text).filter_map(heading_of).map(str::to_owned).collect()
}

/// The rows of all tables, without the heads: each a list of cells.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines: Vec<&str> = outside_of_blocks(text).collect();
    let is_row = |line: &str| line.starts_with('|') && line.ends_with('|');
    let is_rule = |line: &str| is_row(line) && line.chars().all(|c| "|-: ".contains(c));
    let body = lines.iter().enumerate().filter(|(index, line)| {
        let is_head = lines.get(index + 1).is_some_and(|next| is_rule(next));
        is_row(line) && !is_rule(line) && !is_head
    });
    body.map(|(_, line)| cells(line)).collect()
}

/// The part of a link after `#`, as GitHub makes it of a heading.
pub fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The text between backticks, without them.
pub fn code_spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The text without its fenced blocks.
pub fn prose(text: &str) -> String {
    outside_of_blocks(text).collect::<Vec<_>>().join("\n")
}

fn heading_of(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len()).then(|| text.strip_prefix(' ')).flatten().map(str::trim)
}

fn outside_of_blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        inside ^= is_fence;
        !inside && !is_fence
    })
}

#[test]
fn headings_blocks_and_tables_are_read() {
    let text = "# A\n\n## B, c: `d`\n```sh x\n# no heading\n```\n| h | i |\n|---|--:|\n| `a` | b |\n";
    assert_eq!(headings(text), ["A", "B, c: `d`"]);
    assert_eq!(anchor("B, c: `d`"), "b-c-d");
    let [block] = &blocks(text)[..] else { panic!("one block") };
    assert_eq!((&*block.heading, &*block.text, block.line), ("B, c: `d`", "# no heading\n", 4));
    assert!(block.is("sh") && block.info[1] == "x");
    assert_eq!(rows(text), [["`a`", "b"]]);
    assert_eq!(code_spans("`a` and `b`"), ["a", "b"]);
}
