//! Modules depend one way: no file of `src` reaches itself through what it imports, and none imports from a higher layer.
//!
//! A dependency is any path in the text of a file, be it in a `use`, in an expression or in a link of the documentation. It is one on
//! the deepest file that the path names; `mod child;` alone is none. Tests and `testing`, which look at everything, are left out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Lowest first, with the modules of each at the top of the crate. In a folder of `stages`, files of [`CIRCUITS`] are "circuit".
const LAYERS: [&str; 7] = [
    "fixed exponential poseidon",
    "analytics block codebook columns decision fingerprint graph model packing public records rows sets shapes size slots statement subject zone_config",
    "stages evidence findings plausible pipeline models ruling",
    "assignment",
    "chips",
    "circuit",
    "layout",
];
const CIRCUITS: [&str; 3] = ["circuit", "text_circuit", "assign"];

/// Text by module; the root is the empty name.
type Sources = BTreeMap<String, String>;
/// What each module depends on.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

fn last(module: &str) -> &str {
    module.rsplit("::").next().unwrap_or_default()
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

fn in_a_path(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// Adds the paths that what stands at the start of `text` means below `base`: `a::{b, c::d}` are `a::b` and `a::c::d`.
fn expand(base: &str, text: &str, paths: &mut Vec<String>) {
    let end = text.find(|c| !in_a_path(c)).unwrap_or(text.len());
    let path = text[..end].split("::").filter(|name| !["", "self"].contains(name));
    let path = path.fold(base.to_owned(), |path, name| join(&path, name));
    let Some(list) = text[end..].strip_prefix('{').filter(|_| end == 0 || text[..end].ends_with("::")) else {
        return paths.push(path);
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in list.char_indices() {
        if depth == 0 && (c == ',' || c == '}') {
            let item = list[start..at].trim();
            if !item.is_empty() {
                expand(&path, item, paths);
            }
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            _ => {}
        }
    }
}

/// Paths in `text` that start with one of the names `heads`, each of which stands for a module.
fn paths(text: &str, heads: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (head, module) in heads {
        let head = format!("{head}::");
        for (at, _) in text.match_indices(&head) {
            let rest = &text[at + head.len()..];
            if !text[..at].ends_with(in_a_path) && !rest.starts_with("super::") {
                expand(module, rest, &mut found);
            }
        }
    }
    found
}

fn graph(sources: &Sources) -> Graph {
    let deepest = |mut path: &str| {
        while !sources.contains_key(path) {
            path = parent(path);
        }
        path.to_owned()
    };
    let named = |module: &String| (last(module).to_owned(), module.clone());
    let edges = |(module, text): (&String, &String)| {
        let mut heads = vec![("crate".to_owned(), String::new()), ("self".to_owned(), module.clone())];
        let (mut up, mut above) = ("super".to_owned(), parent(module));
        for _ in module.split("::") {
            heads.push((up.clone(), above.to_owned()));
            (up, above) = (format!("{up}::super"), parent(above));
        }
        let mut found = paths(text, &heads);
        // Modules that have a name here: children, and what is imported whole.
        let children = sources.keys().filter(|other| !other.is_empty() && parent(other) == module);
        let imported = found.iter().filter(|path| sources.contains_key(*path) && !path.is_empty());
        let heads: Vec<_> = children.chain(imported).map(named).collect();
        found.extend(paths(text, &heads));
        let targets = found.iter().map(|path| deepest(path));
        (module.clone(), targets.filter(|to| !to.is_empty() && to != module).collect())
    };
    sources.iter().map(edges).collect()
}

/// Modules each of which depends on the next, and the last on the first, if there are such.
fn circle(graph: &Graph) -> Option<Vec<String>> {
    fn visit(at: &str, graph: &Graph, trail: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        if let Some(start) = trail.iter().position(|module| module == at) {
            trail.drain(..start);
            return true;
        }
        if !done.insert(at.to_owned()) {
            return false;
        }
        trail.push(at.to_owned());
        let found = graph[at].iter().any(|next| visit(next, graph, trail, done));
        if !found {
            trail.pop();
        }
        found
    }
    let (mut trail, mut done) = (Vec::new(), BTreeSet::new());
    graph.keys().any(|module| visit(module, graph, &mut trail, &mut done)).then_some(trail)
}

fn layer(module: &str) -> usize {
    let top = module.split("::").next().unwrap_or_default();
    let circuit = module.split("::").any(|name| CIRCUITS.contains(&name));
    let top = if top == "stages" && circuit { "circuit" } else { top };
    let layer = LAYERS.iter().position(|layer| layer.split(' ').any(|module| module == top));
    layer.unwrap_or_else(|| panic!("module {top} is in no layer: give it one here and in `lib.rs`"))
}

/// Dependencies on a higher layer. The root, which describes the whole crate, may have them.
fn upward(graph: &Graph) -> Vec<(&str, &str)> {
    let edges = graph.iter().filter(|(from, _)| !from.is_empty());
    let edges = edges.flat_map(|(from, to)| to.iter().map(|to| (from.as_str(), to.as_str())));
    edges.filter(|(from, to)| layer(from) < layer(to)).collect()
}

fn read(folder: &Path, module: &str, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        match (path.is_dir(), name) {
            (_, "testing" | "tests") => {}
            (true, _) => read(&path, &join(module, name), sources),
            (false, _) => {
                let text = fs::read_to_string(&path).unwrap();
                // With or without an attribute between the two.
                let tests = ["#[cfg(test)]\nmod tests", "#[cfg(test)]\n#[expect"];
                let text = tests.iter().fold(&text[..], |text, tests| text.split(tests).next().unwrap());
                let text = text.to_owned();
                let own = ["lib", "mod"].contains(&name);
                sources.insert(if own { module.to_owned() } else { join(module, name) }, text);
            }
        }
    }
}

#[test]
fn modules_depend_one_way() {
    let mut sources = Sources::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    let graph = graph(&sources);
    assert!(graph.values().flatten().count() > 100, "imports are found");
    assert_eq!(circle(&graph), None, "each of these imports from the next, the last from the first");
    assert_eq!(upward(&graph), [], "these import from a higher layer");
}

/// The same functions on sources that are wrong.
#[test]
fn circles_and_ways_up_are_found() {
    let sources = |last: &str| -> Sources {
        let texts = [
            ("", "pub mod fixed; pub mod assignment; pub mod chips;"),
            ("fixed", "use std::fmt;"),
            ("assignment", "use crate::{chips::{self, Gate}, fixed};\nfn f() { chips::set::g() }"),
            ("chips", "mod set;\nmod order;"),
            ("chips::set", "use super::order::ORDER;"),
            ("chips::order", last),
        ];
        texts.map(|(module, text)| (module.to_owned(), text.to_owned())).into()
    };
    let up = [("assignment", "chips"), ("assignment", "chips::set")];
    for straight in ["", "use crate::fixed::{a, b};", "use halo2::assignment::Assignment;"] {
        let graph = graph(&sources(straight));
        assert_eq!(circle(&graph), None, "{straight}");
        assert_eq!(upward(&graph), up, "{straight}");
    }
    for bent in [
        "use crate::{fixed::a, assignment::{b}};",
        "super::super::assignment::b()",
        "/// [`b`](crate::assignment::b)",
    ] {
        let found = circle(&graph(&sources(bent))).unwrap();
        assert_eq!(found, ["assignment", "chips::set", "chips::order"], "{bent}");
    }
}
