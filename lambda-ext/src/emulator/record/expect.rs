//! Expectations of a record, whose failures show it.
