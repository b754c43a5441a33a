use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

/// A directory that is gone with its value.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("tmp-cleaner.{}.{name}", std::process::id()));
        fs::create_dir_all(place.join("tmp/below")).unwrap();
        Self(place)
    }

    /// A file of 8 KiB, written that many seconds ago.
    fn file(&self, name: &str, age: u64) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, [b'x'; 8192]).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age))
            .unwrap();
        path
    }

    fn sweep(&self, max_age: Option<u64>, max_bytes: Option<u64>) -> Freed {
        let max_age = max_age.map(Duration::from_secs);
        let directory = self.0.join("tmp");
        Sweep {
            directory,
            max_age,
            max_bytes,
        }
        .run()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn there(paths: &[&Path]) -> Vec<bool> {
    paths.iter().map(|path| path.exists()).collect()
}

#[test]
fn what_is_older_goes_and_directories_stay() {
    let place = Place::new("age");
    let [old, young] = [
        place.file("tmp/below/old", 600),
        place.file("tmp/young", 60),
    ];
    let freed = place.sweep(Some(300), None);
    assert_eq!((freed.files, freed.bytes), (1, 8192));
    assert_eq!(
        there(&[&old, &young, &place.0.join("tmp/below")]),
        [false, true, true]
    );
}

#[test]
fn what_is_too_much_goes_the_oldest_first() {
    let place = Place::new("bytes");
    let oldest = place.file("tmp/below/a", 30);
    let [older, young] = [place.file("tmp/b", 20), place.file("tmp/c", 10)];
    assert_eq!(place.sweep(None, Some(3 * 8192)).files, 0);
    assert_eq!(place.sweep(None, Some(8192)).files, 2);
    assert_eq!(there(&[&oldest, &older, &young]), [false, false, true]);
}

#[test]
fn links_are_neither_followed_nor_deleted() {
    let place = Place::new("links");
    fs::create_dir(place.0.join("elsewhere")).unwrap();
    let beyond = place.file("elsewhere/file", 600);
    let links = ["tmp/directory", "tmp/file"].map(|link| place.0.join(link));
    symlink(place.0.join("elsewhere"), &links[0]).unwrap();
    symlink(&beyond, &links[1]).unwrap();
    assert_eq!(place.sweep(Some(0), Some(0)).files, 0);
    assert_eq!(there(&[&beyond, &links[0], &links[1]]), [true; 3]);
}

#[test]
fn what_is_written_to_meanwhile_stays() {
    let place = Place::new("meanwhile");
    let path = place.file("tmp/file", 600);
    let entry = WalkDir::new(&path).into_iter().next().unwrap().unwrap();
    let file = File::of(entry).unwrap();
    place.file("tmp/file", 0);
    assert!(!file.delete().unwrap());
    assert!(path.exists());
}

#[test]
fn a_directory_that_is_not_there_is_empty() {
    let place = Place::new("missing");
    fs::remove_dir_all(place.0.join("tmp")).unwrap();
    assert_eq!(place.sweep(Some(0), Some(0)).files, 0);
}
