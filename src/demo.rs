//! `nsbench demo` without its hosts: what an audience sees, which keys there are, and which cell comes next.
//!
//! [`scene`] is what is so, [`view`] draws it, [`screen`] alone touches the terminal. Must not know how a host is changed
//! or a trial is made.

pub mod choice;
pub mod keys;
mod letters;
pub mod paint;
pub mod scene;
pub mod screen;
mod table;
pub mod view;
