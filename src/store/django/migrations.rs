//! What Django's applied migrations tell about its version.

use super::notice::Notice;

/// The last migrations of each app that the layout was tested with.
const TESTED: [(&str, &str, &str); 2] = [
    ("auth", "0012_alter_user_first_name_max_length", "Django 4.2 and 5.2"),
    ("authtoken", "0004_alter_tokenproxy_options", "Django REST Framework 3.17 and 3.18"),
];

/// `applied`: app and name; `None` when the table is not there or cannot be read.
pub(super) fn notices(applied: Option<Vec<(String, String)>>) -> Vec<Notice> {
    let Some(applied) = applied else {
        return vec![Notice::Version(
            "django_migrations is not there or cannot be read: Django's version is not known".to_owned(),
        )];
    };
    TESTED.into_iter().map(|(app, last, tested)| Notice::Version(of_app(&applied, app, last, tested))).collect()
}

/// Migrations begin with a number, and the numbers go up.
fn of_app(applied: &[(String, String)], app: &str, last: &str, tested: &str) -> String {
    let newest = applied.iter().filter(|(of, _)| of == app).map(|(_, name)| name.as_str()).max();
    match newest {
        None => format!("no migration of {app} is applied: expected those of {tested}"),
        Some(newest) if newest == last => format!("the migrations of {app} are those of {tested}, which were tested"),
        Some(newest) if newest < last => {
            format!("{app} ends with the migration {newest}: older than {tested}, which were tested")
        }
        Some(newest) => format!("{app} ends with the migration {newest}: newer than {tested}, which were tested"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_older_tested_and_newer_apart() {
        let said = |names: &[(&str, &str)]| {
            let names = names.iter().map(|(app, name)| ((*app).to_owned(), (*name).to_owned())).collect();
            notices(Some(names)).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let tested = said(&[
            ("auth", "0001_initial"),
            ("auth", "0012_alter_user_first_name_max_length"),
            ("authtoken", "0003_tokenproxy"),
        ]);
        assert!(tested[0].contains("were tested") && tested[0].starts_with("the migrations of auth are"), "{tested:?}");
        assert!(tested[1].contains("older"), "{tested:?}");
        let newer = said(&[("auth", "0013_x")]);
        assert!(newer[0].contains("newer") && newer[1].contains("no migration of authtoken"), "{newer:?}");
        assert!(notices(None)[0].to_string().contains("not known"));
    }
}
