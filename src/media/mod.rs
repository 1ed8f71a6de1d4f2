//! tmp
mod files;
mod inspect;
mod kind;
mod link;
mod name;
mod picture;
mod sound;
