//! A figure as PNG, made from its SVG by `resvg`, which no other module names. Must not know what a figure shows.

use anyhow::{Context, Result, bail};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::{Figure, Size, svg};

/// By these words near its beginning a picture is known as one of nsbench's.
pub const MARK: &str = "Software\0nsbench ";

/// Pixels of the picture for one of the drawing, so that it is sharp in print too.
const SCALE: u32 = 2;

/// Families that have the letters of most languages; the first that is installed is taken.
const FAMILIES: [&str; 6] = ["DejaVu Sans", "Noto Sans", "Liberation Sans", "FreeSans", "Arial", "Helvetica"];

/// The figure with its title.
///
/// # Errors
/// No font is installed, or the drawing is none: words cannot be left out of a figure.
pub fn png(figure: &Figure) -> Result<Vec<u8>> {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    render(figure, fonts)
}

fn render(figure: &Figure, mut fonts: Database) -> Result<Vec<u8>> {
    let installed = |name: &&str| fonts.faces().any(|face| face.families.iter().any(|(family, _)| family == name));
    let first = || fonts.faces().next().and_then(|face| Some(face.families.first()?.0.clone()));
    let Some(family) = FAMILIES.iter().find(|name| installed(name)).map(|name| (*name).to_owned()).or_else(first)
    else {
        bail!(
            "cannot draw `{}` as PNG: no font is installed\nhint: apt-get install fonts-dejavu-core, or write `--format svg`",
            figure.name
        );
    };
    fonts.set_sans_serif_family(family);
    let options = Options { fontdb: std::sync::Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(&svg(figure, Size::Wide, true), &options).context("the drawing is no SVG")?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width() * SCALE, size.height() * SCALE);
    let mut pixmap = Pixmap::new(width, height).context("the drawing has no size")?;
    resvg::render(&tree, Transform::from_scale(SCALE as f32, SCALE as f32), &mut pixmap.as_mut());
    encoded(&pixmap).context("cannot encode the picture")
}

/// The ground is opaque, so that premultiplied colours are the plain ones.
fn encoded(pixmap: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Software".to_owned(), format!("nsbench {}", env!("CARGO_PKG_VERSION")))?;
    encoder.write_header()?.write_image_data(pixmap.data())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{Bar, Bars, Plot, Series};

    fn figure() -> Figure {
        let series = Series { name: "netslice".to_owned(), bars: vec![Bar::Figure { value: 9.0, interval: None }] };
        let bars = Bars { groups: vec!["1 Line".to_owned()], series: vec![series], ..Bars::default() };
        Figure {
            name: "throughput".to_owned(),
            title: "Throughput".to_owned(),
            alternative: String::new(),
            notes: Vec::new(),
            plot: Plot::Bars(bars),
        }
    }

    #[test]
    fn without_a_font_there_is_an_error_and_no_picture_without_words() {
        let error = render(&figure(), Database::new()).unwrap_err().to_string();
        assert!(error.contains("no font is installed\nhint: "), "{error}");
    }

    #[test]
    fn a_picture_is_twice_the_drawing_and_says_who_made_it() {
        let bytes = match png(&figure()) {
            Ok(bytes) => bytes,
            Err(error) if error.to_string().contains("no font") => {
                println!("skipped: {error}");
                return;
            }
            Err(error) => panic!("{error:#}"),
        };
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!(reader.info().width, 1520);
        assert!(bytes[..1024].windows(MARK.len()).any(|part| part == MARK.as_bytes()));
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let blue = pixels.chunks(4).filter(|pixel| pixel[..3] == [0x00, 0x5A, 0x94]).count();
        assert!(blue > 10_000, "the bar is drawn in the first colour: {blue} pixels");
    }
}
