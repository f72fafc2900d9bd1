//! Attributes of a node.

use super::Wrong;
use super::tensor::{Data, Tensor};
use crate::model::onnx::schema::{AttributeProto, NodeProto};
use crate::model::onnx::{self, tensor};

/// The attributes of a node, by name.
pub(super) struct Attributes<'a>(pub &'a NodeProto);

impl Attributes<'_> {
    fn find(&self, name: &str) -> Option<&AttributeProto> {
        self.0.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub fn real(&self, name: &str, default: f32) -> f64 {
        self.find(name).map_or(default, |attribute| attribute.f).into()
    }

    pub fn optional(&self, name: &str) -> Option<f64> {
        self.find(name).map(|attribute| attribute.f.into())
    }

    pub fn integer(&self, name: &str, default: i64) -> i64 {
        self.find(name).map_or(default, |attribute| attribute.i)
    }

    pub fn integers_or_one(&self, name: &str) -> Option<i64> {
        self.find(name).map(|attribute| attribute.i)
    }

    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        self.find(name).map(|attribute| attribute.ints.clone())
    }

    pub fn reals(&self, name: &str) -> Vec<f64> {
        self.find(name)
            .map_or_else(Vec::new, |attribute| attribute.floats.iter().map(|x| f64::from(*x)).collect())
    }

    pub fn text(&self, name: &str, default: &str) -> String {
        let text = |attribute: &AttributeProto| String::from_utf8_lossy(&attribute.s).into_owned();
        self.find(name).map_or_else(|| default.to_owned(), text)
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        let texts = |attribute: &AttributeProto| {
            attribute.strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
        };
        self.find(name).map_or_else(Vec::new, texts)
    }

    /// Texts as they are, not copied.
    pub fn bytes(&self, name: &str) -> &[Vec<u8>] {
        self.find(name).map_or(&[], |attribute| &attribute.strings)
    }

    /// ONNX's number of the type of a tensor.
    pub fn tensor_type(&self, name: &str) -> Option<i32> {
        self.find(name).and_then(|attribute| attribute.t.as_deref()).map(|tensor| tensor.data_type)
    }

    pub fn tensor(&self, name: &str) -> Option<Result<Tensor, Wrong>> {
        self.find(name).and_then(|attribute| attribute.t.as_deref()).map(tensor::inside)
    }

    /// The value of a Constant node.
    pub fn constant(&self) -> Result<Tensor, Wrong> {
        let Some(attribute) = self.0.attribute.first() else {
            return Err(Wrong::new("a value", "none"));
        };
        let texts =
            |texts: &[Vec<u8>]| texts.iter().map(|t| String::from_utf8_lossy(t).into_owned()).collect();
        Ok(match attribute.name.as_str() {
            "value" => {
                let proto = attribute.t.as_deref().ok_or_else(|| Wrong::new("a tensor", "none"))?;
                tensor::inside(proto)?
            }
            "value_float" => Tensor::scalar(attribute.f.into()),
            "value_floats" => Tensor::vector(attribute.floats.iter().map(|x| f64::from(*x)).collect()),
            "value_int" => Tensor::new(Vec::new(), Data::Whole(vec![attribute.i]))?,
            "value_ints" => Tensor::whole(attribute.ints.clone()),
            "value_string" => Tensor::new(Vec::new(), Data::Text(texts(std::slice::from_ref(&attribute.s))))?,
            "value_strings" => {
                Tensor::new(vec![attribute.strings.len()], Data::Text(texts(&attribute.strings)))?
            }
            other => return Err(Wrong::new("a tensor, number, text or list", onnx::short(other))),
        })
    }
}
