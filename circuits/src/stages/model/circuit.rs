//! Models in the circuit.
