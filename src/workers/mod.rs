//! Workers: tasks that do by and by what no caller waits for. Whatever they change, they ask for by commands, in bounded steps, as
//! anybody else; when they are interrupted, the next round goes on.

pub mod retention;
