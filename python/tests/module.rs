//! That there is this test has `cargo test --workspace` build the module, which `scripts/python-test.sh --built` then tests from Python.

use std::path::Path;

#[test]
fn the_package_is_complete() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("foldproof");
    for file in ["__init__.py", "_foldproof.pyi", "py.typed"] {
        assert!(package.join(file).is_file(), "{file}");
    }
}
