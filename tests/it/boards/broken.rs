//! Boards that break one rule each, made of one that keeps all: a rule that finds nothing would be none.
