//! The files of a release, as they lie beside this program: for each processor a template and a zip
//! per function, and the checksums of all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::aws::digest;
use crate::terminal::Trouble;

/// In the order in which they are taken: arm64 is a fifth cheaper.
const PROCESSORS: [&str; 2] = ["arm64", "x86_64"];

/// The file that says that a folder is a release.
pub(super) const SUMS: &str = "SHA256SUMS";

/// The files that are deployed.
pub(super) struct Release {
    processor: String,
    template: String,
    /// By the name that the template has for it: the name of what is in it, and that.
    zips: BTreeMap<String, (String, Vec<u8>)>,
}

impl Release {
    /// Reads a release for one processor, and holds it against its checksums.
    pub(super) fn read(folder: &Path, processor: Option<&str>) -> Result<Self, Trouble> {
        let processors = PROCESSORS.iter().copied().filter(|one| processor.is_none_or(|wanted| wanted == *one));
        let of_it: Vec<PathBuf> = processors.map(|one| folder.join(one)).filter(|it| it.is_dir()).collect();
        let at = of_it.into_iter().next().ok_or_else(|| {
            let what =
                "is not a release: it has no folder arm64 or x86_64 with a template. --release says where one is";
            match processor {
                Some(one) if folder.join(SUMS).exists() => Trouble(format!(
                    "{} has nothing for {one}; if another processor is meant, --architecture says which",
                    folder.display()
                )),
                _ => Trouble(format!("{} {what}", folder.display())),
            }
        })?;
        let sums = read(&folder.join(SUMS))?;
        let sums = sums_of(&String::from_utf8_lossy(&sums));
        let checked = |name: &str| {
            let bytes = read(&at.join(name))?;
            let there = at.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            let path = format!("{there}/{name}");
            match sums.get(&path) {
                Some(sum) if *sum == digest(&bytes) => Ok((format!("{sum}.zip"), bytes)),
                Some(_) => Err(Trouble(format!("{path} is not what SHA256SUMS says: fetch the release again"))),
                None => Err(Trouble(format!("{path} does not stand in SHA256SUMS"))),
            }
        };
        let template =
            String::from_utf8(checked("template.yaml")?.1).map_err(|_| Trouble::new("template.yaml: not UTF-8"))?;
        let names = zips_of(&template);
        if names.is_empty() {
            return Err(Trouble::new("the template names no zips: it is that of the sources"));
        }
        let zips =
            names.into_iter().map(|name| Ok((name.to_owned(), checked(name)?))).collect::<Result<_, Trouble>>()?;
        let processor = at.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        Ok(Self { processor, template, zips })
    }

    /// The zips, under the names that say what is in them.
    pub(super) fn files(&self) -> impl ExactSizeIterator<Item = (String, &[u8])> {
        self.zips.values().map(|(name, bytes)| (name.clone(), bytes.as_slice()))
    }

    /// The template whose functions are the zips in a bucket, and the name of it.
    pub(super) fn template_in(&self, bucket: &str) -> (String, String) {
        let mut text = self.template.clone();
        for (name, (file, _)) in &self.zips {
            text = text.replace(&code(name), &code(&format!("s3://{bucket}/{file}")));
        }
        (format!("{}.yaml", digest(text.as_bytes())), text)
    }

    /// What the zips are built for, where the template lets that be said.
    pub(super) fn processor(&self) -> Option<&str> {
        self.parameters().iter().any(|name| name == "Architecture").then_some(self.processor.as_str())
    }

    /// What may be said when it is deployed.
    pub(super) fn parameters(&self) -> Vec<String> {
        let lines = self.template.lines().skip_while(|line| *line != "Parameters:").skip(1);
        let section = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
        let name = |line: &str| {
            let name = line.strip_prefix("  ")?.strip_suffix(':')?;
            name.chars().all(char::is_alphanumeric).then(|| name.to_owned())
        };
        section.filter_map(name).collect()
    }

    /// What a parameter is where nothing is said of it.
    pub(super) fn default_of(&self, name: &str) -> Option<&str> {
        let head = format!("  {name}:");
        let own = self.template.lines().skip_while(|line| *line != head).skip(1);
        let mut own = own.take_while(|line| line.starts_with("    "));
        own.find_map(|line| line.strip_prefix("    Default: ")).map(|text| text.trim_matches(['"', '\'']))
    }
}

fn code(place: &str) -> String {
    format!("      CodeUri: {place}\n")
}

fn zips_of(template: &str) -> Vec<&str> {
    let names = template.lines().filter_map(|line| line.strip_prefix("      CodeUri: "));
    names.filter(|name| Path::new(name).extension().is_some_and(|it| it == "zip") && !name.contains('/')).collect()
}

/// By path, as `sha256sum` writes them.
fn sums_of(text: &str) -> BTreeMap<String, String> {
    let one = |line: &str| line.split_once("  ").map(|(sum, path)| (path.to_owned(), sum.to_owned()));
    text.lines().filter_map(one).collect()
}

fn read(file: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(file).map_err(|error| Trouble(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;
    use std::path::PathBuf;

    use super::Release;
    use crate::aws::digest;
    use crate::terminal::Trouble;

    const TEMPLATE: &str = "Parameters:\n  Stage:\n    Type: String\n    Default: \"dev\"\n\n  # Who.\n  EvmPayee:\n    Type: String\n\nRules:\n  \
                            One:\n    A: B\nGlobals:\n  Function:\n    CodeUri: .\nResources:\n  BuyFunction:\n    Properties:\n      \
                            CodeUri: buy.zip\n      Handler: bootstrap\n";

    /// What a release is called, what is done to it, and what is said of that.
    type Case = (&'static str, fn(&PathBuf), &'static str);

    fn release(of: &str, bend: impl FnOnce(&PathBuf)) -> Result<Release, Trouble> {
        let folder = std::env::temp_dir().join(format!("dialtone-release-{}-{of}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("x86_64")).unwrap();
        let files = [("x86_64/template.yaml", TEMPLATE), ("x86_64/buy.zip", "code")];
        let mut sums = String::new();
        for (path, text) in files {
            fs::write(folder.join(path), text).unwrap();
            writeln!(sums, "{}  {path}", digest(text.as_bytes())).unwrap();
        }
        fs::write(folder.join("SHA256SUMS"), sums).unwrap();
        bend(&folder);
        let release = Release::read(&folder, None);
        fs::remove_dir_all(&folder).unwrap();
        release
    }

    #[test]
    fn a_release_is_deployed_from_the_bucket_under_the_name_of_what_is_in_it() {
        let release = release("whole", |_| {}).unwrap();
        let zip = format!("{}.zip", digest(b"code"));
        assert_eq!(release.files().map(|(name, _)| name).collect::<Vec<_>>(), [zip.as_str()]);
        let (name, template) = release.template_in("bucket");
        assert!(template.contains(&format!("      CodeUri: s3://bucket/{zip}\n")), "{template}");
        assert!(template.contains("    CodeUri: .\n") && !template.contains("buy.zip"));
        assert_eq!(name, format!("{}.yaml", digest(template.as_bytes())));
        assert_eq!(release.parameters(), ["Stage", "EvmPayee"]);
        assert_eq!([release.default_of("Stage"), release.default_of("EvmPayee")], [Some("dev"), None]);
    }

    #[test]
    fn what_is_not_as_its_checksum_says_is_not_deployed() {
        let said = |of: &str, bend: fn(&PathBuf)| release(of, bend).err().map(|Trouble(why)| why).unwrap_or_default();
        let cases: [Case; 5] = [
            ("bent", |at| fs::write(at.join("x86_64/buy.zip"), "other").unwrap(), "is not what"),
            ("gone", |at| fs::remove_file(at.join("x86_64/buy.zip")).unwrap(), "buy.zip"),
            ("bare", |at| fs::remove_file(at.join("SHA256SUMS")).unwrap(), "SHA256SUMS"),
            ("none", |at| fs::remove_dir_all(at.join("x86_64")).unwrap(), "is not a release"),
            ("unsaid", |at| fs::write(at.join("SHA256SUMS"), "").unwrap(), "does not stand in"),
        ];
        for (of, bend, why) in cases {
            assert!(said(of, bend).contains(why), "{of}: {}", said(of, bend));
        }
    }
}
