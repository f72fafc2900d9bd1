//! The core statement from end to end.

use foldproof_circuits::statement::Statement;

#[test]
fn statements_have_distinct_names_and_numbers() {
    for statement in Statement::ALL {
        assert_eq!(Statement::from_name(&statement.name()), Some(statement));
        assert_eq!(Statement::from_number(statement.number()), Some(statement));
    }
}
