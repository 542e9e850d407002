//! Applications of frameworks: the same program on several of them, so that what it costs and what the framework costs can be
//! told apart. Must not know what an application does.

use anyhow::{Result, bail};

use super::{ALL, Profile};

/// Forwarding alone, which every framework does: what an application is compared with.
pub const BRIDGE: &str = "bridge";

/// The parameter of an application that `--rules` gives values to.
const RULES: &str = "rules";

/// Names of the profiles that are these applications on these frameworks.
///
/// # Errors
/// There is no such application, or not on one of the frameworks.
pub fn on(frameworks: &[String], apps: &[String]) -> Result<Vec<String>> {
    let known = known()?;
    let mut names = Vec::new();
    for framework in frameworks {
        for app in apps {
            if app == BRIDGE {
                names.push(framework.clone());
                continue;
            }
            let with_app: Vec<_> = known.iter().filter(|found| found.app == *app).collect();
            if with_app.is_empty() {
                let mut all: Vec<_> = known.iter().map(|found| found.app.as_str()).collect();
                all.dedup();
                bail!("there is no application `{app}`\nhint: there are {BRIDGE}, {}", all.join(", "));
            }
            let here = with_app.iter().filter(|found| framework == ALL || found.framework == *framework);
            let before = names.len();
            names.extend(here.map(|found| found.name.clone()));
            if names.len() == before {
                let has: Vec<_> = with_app.iter().map(|found| found.framework.as_str()).collect();
                bail!("`{framework}` has no application `{app}`\nhint: it is there for {}", has.join(", "));
            }
        }
    }
    Ok(names)
}

/// The parameters of these profiles that files of rules are values of, as `--set` calls them.
///
/// # Errors
/// None of them takes rules.
pub fn that_take_rules(frameworks: &[String]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for framework in frameworks.iter().filter(|name| *name != ALL) {
        let profile = Profile::find(framework)?;
        if profile.parameters.get(RULES).is_some_and(|parameter| parameter.file) {
            names.push(format!("{}.{RULES}", profile.name));
        }
    }
    if names.is_empty() {
        bail!("`--rules` is for an application, and none is asked for\nhint: add --app firewall");
    }
    Ok(names)
}

/// A profile that is an application on a framework.
struct Known {
    name: String,
    framework: String,
    app: String,
}

fn known() -> Result<Vec<Known>> {
    let mut known = Vec::new();
    for name in Profile::names() {
        let profile = Profile::find(name)?;
        if let (Some(app), Some(framework)) = (profile.app, profile.variant_of) {
            known.push(Known { name: profile.name, framework, app });
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn an_application_is_found_beside_the_framework_alone() {
        let names = on(&words("netslice"), &words("bridge firewall")).unwrap();
        assert_eq!(names, ["netslice", "netslice-firewall"]);
        assert!(on(&words("all"), &words("firewall")).unwrap().contains(&"netslice-firewall".to_owned()));
        assert_eq!(that_take_rules(&names).unwrap(), ["netslice-firewall.rules"]);
    }

    #[test]
    fn what_a_framework_does_not_have_is_refused_with_those_that_do() {
        let error = |frameworks: &str, apps: &str| on(&words(frameworks), &words(apps)).unwrap_err().to_string();
        assert!(error("netslice", "router").contains("no application `router`\nhint: there are bridge, firewall"));
        assert!(error("xdp", "firewall").contains("`xdp` has no application `firewall`\nhint: it is there for "));
        assert!(that_take_rules(&words("netslice")).unwrap_err().to_string().contains("hint: add --app firewall"));
    }
}
