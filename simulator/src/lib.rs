//! A simulated Entra ID and Graph.
