//! Models as people have them (`shared/field`, where it is at hand): each imports with the result that is right, or is
//! refused for the reason that is right.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::model::Head;
use foldproof_circuits::stages::model::evaluate;
use foldproof_prover::model::agreement::{decisions, outputs};
use foldproof_prover::model::file::Meaning;
use foldproof_prover::model::samples::{self, Units};
use foldproof_prover::model::{Imported, Request, import, read_with_meaning, to_json_with_meaning};

struct Case(PathBuf);

impl Case {
    fn open(name: &str) -> Option<Self> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/field")).join(name);
        if !folder.is_dir() {
            println!("skipped: no {}", folder.display());
            return None;
        }
        Some(Self(folder))
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.0.join(file)).unwrap()
    }

    fn try_with(&self, model: &str, samples: &str, request: &Request) -> Result<Imported, String> {
        let samples = samples::read_scaled(&self.bytes(samples)).map_err(|error| error.to_string())?;
        import(&self.bytes(model), Some(&self.0), samples, request).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn import(&self, model: &str, request: &Request) -> Imported {
        self.try_with(model, "samples.jsonl", request).unwrap_or_else(|error| panic!("{model}: {error}"))
    }

    #[track_caller]
    fn head(&self, model: &str, head: Head) -> Imported {
        self.import(model, &Request::of(head))
    }

    /// Refused, with each of these in the message.
    #[track_caller]
    fn refused(&self, model: &str, head: Head, messages: &[&str]) {
        let error = self.try_with(model, "samples.jsonl", &Request::of(head)).unwrap_err();
        for message in messages {
            assert!(error.contains(message), "{model}: {message:?} was expected in {error:?}");
        }
    }
}

#[track_caller]
fn agrees(imported: &Imported, shape: &str) {
    assert_eq!(imported.model.shape().to_string(), shape);
    assert!(imported.agreement.decisions >= 0.99, "{:?}", imported.agreement);
    assert_eq!(imported.warnings, Vec::<String>::new());
}

#[track_caller]
fn says(imported: &Imported, message: &str) {
    assert!(imported.notes.iter().any(|note| note.contains(message)), "{message:?} in {:?}", imported.notes);
}

fn of(head: Head, output: &str) -> Request {
    Request { output: Some(output.into()), ..Request::of(head) }
}

#[test]
fn a_constant_feature_does_not_ruin_a_model() {
    let Some(case) = Case::open("01-constant-feature") else { return };
    let guarded = case.head("guarded.onnx", Head::Class);
    agrees(&guarded, "class-12-32-16-3");
    let model = case.head("model.onnx", Head::Class);
    agrees(&model, "class-12-32-16-3");
    says(&model, "input 5 is 0.3");
    assert!(model.agreement.max_error < 2.0 * guarded.agreement.max_error + 0.02, "{:?}", model.agreement);
}

#[test]
fn one_probability_is_two_classes_or_one_tag() {
    let Some(case) = Case::open("02-one-output-class-head") else { return };
    let model = case.head("model.onnx", Head::Class);
    agrees(&model, "class-12-16-2");
    says(&model, "two classes");
    let found: Vec<bool> = samples::read(&case.bytes("samples.jsonl"))
        .unwrap()
        .iter()
        .map(|sample| decisions(&model.model, &evaluate(&model.model, &sample.integers).output)[1])
        .collect();
    assert!(found.contains(&true) && found.contains(&false), "always the same class");
    let labels = Some(vec!["no".to_owned(), "yes".to_owned()]);
    let named = case.import("model.onnx", &Request { labels, ..Request::of(Head::Class) });
    assert_eq!(named.model.head().labels, ["no", "yes"]);
    agrees(&case.head("model.onnx", Head::Tags), "tags-12-16-1");
    // One logit is no class either.
    let error = case.try_with("model.onnx", "samples.jsonl", &of(Head::Class, "logits")).unwrap_err();
    assert!(error.contains("--head tags") && error.contains("no greatest"), "{error}");
}

#[test]
fn weights_beside_the_model_are_read() {
    let Some(case) = Case::open("03-external-data") else { return };
    agrees(&case.head("external.onnx", Head::Class), "class-12-16-4");
    let samples = samples::read(&case.bytes("samples.jsonl")).unwrap();
    let error = import(&case.bytes("external.onnx"), None, samples, &Request::of(Head::Class)).unwrap_err();
    assert!(error.to_string().contains("external.onnx.data"), "{error}");
    let Some(gone) = Case::open("pass/14-models-refused") else { return };
    gone.refused("external.onnx", Head::Class, &["initializer[0]", "external.onnx.data", "not there"]);
}

#[test]
fn networks_of_scikit_learn_are_read_as_they_are_exported() {
    let Some(case) = Case::open("04-sklearn-mlp") else { return };
    for (model, shape) in [
        ("mlp_multi_zipmap.onnx", "class-12-16-3"),
        ("mlp_multi_nozip.onnx", "class-12-16-3"),
        ("mlp_binary_nozip.onnx", "class-12-16-2"),
        ("pipe_scaler_mlp.onnx", "class-12-16-3"),
    ] {
        agrees(&case.head(model, Head::Class), shape);
    }
    agrees(&case.head("mlp_multilabel.onnx", Head::Tags), "tags-12-16-3");
    agrees(&case.head("mlpreg_ae.onnx", Head::Anomaly), "anomaly-12-16-12");
    case.refused("pipe_minmax_reg.onnx", Head::Class, &["one output", "--head tags"]);
}

#[test]
fn log_softmax_changes_no_class() {
    let Some(case) = Case::open("05-logsoftmax") else { return };
    agrees(&case.head("model.onnx", Head::Class), "class-12-16-4");
    case.refused("model.onnx", Head::Tags, &["LogSoftmax"]);
}

#[test]
fn an_output_is_chosen() {
    let Some(case) = Case::open("08-two-outputs") else { return };
    let score = case.head("ae_two_out.onnx", Head::Anomaly);
    agrees(&score, "anomaly-12-16-12");
    says(&score, "output \"score\" is taken");
    agrees(&case.import("ae_two_out.onnx", &of(Head::Anomaly, "rec")), "anomaly-12-16-12");
    let class = case.head("probabilities_label.onnx", Head::Class);
    agrees(&class, "class-12-16-4");
    says(&class, "\"probabilities\" is taken");
    let error =
        case.try_with("probabilities_label.onnx", "samples.jsonl", &of(Head::Class, "label")).unwrap_err();
    assert!(error.contains("ArgMax"), "{error}");
    let error = case.try_with("ae_two_out.onnx", "samples.jsonl", &of(Head::Anomaly, "other")).unwrap_err();
    assert!(error.contains("rec") && error.contains("score"), "{error}");
}

#[test]
fn activations_of_straight_lines_are_read_and_others_named() {
    let Some(case) = Case::open("09-activations") else { return };
    for (model, shape) in [
        ("act_max0.onnx", "class-12-16-4"),
        ("act_clip0.onnx", "class-12-16-4"),
        ("act_LeakyRelu.onnx", "class-12-32-4"),
        ("act_PRelu.onnx", "class-12-32-4"),
        ("act_relu6.onnx", "class-12-32-4"),
        ("input_clip.onnx", "class-12-24-16-4"),
    ] {
        agrees(&case.head(model, Head::Class), shape);
    }
    case.refused("act_Tanh.onnx", Head::Class, &["(Tanh)"]);
    case.refused("act_Gelu.onnx", Head::Class, &["(Gelu)"]);
    case.refused("act_Sigmoid.onnx", Head::Class, &["(Sigmoid)", "at the end alone"]);
}

#[test]
fn constants_are_computed_and_dead_parts_ignored() {
    let Some(case) = Case::open("10-constants-and-dead-parts") else { return };
    for model in [
        "bias_reshape_const.onnx",
        "const_sqrt.onnx",
        "const_unsqueeze.onnx",
        "dead_shape_node.onnx",
        "unused_half_init.onnx",
        "unused_int8_init.onnx",
        "unused_nan_init.onnx",
        "unused_string_init.onnx",
    ] {
        agrees(&case.head(model, Head::Class), "class-12-16-4");
    }
}

#[test]
fn large_features_get_units_of_their_own() {
    let Some(case) = Case::open("12-raw-feature-magnitudes") else { return };
    let model = case.head("model.onnx", Head::Class);
    agrees(&model, "class-12-16-4");
    says(&model, "input 3 is counted in units of 2^");
    let exponents = model.units.exponents();
    assert!(exponents[3] > 10 && exponents.iter().filter(|exponent| **exponent != 0).count() == 1);
    // They are kept with the model, and samples are read in them.
    let meaning = Meaning { mapping: None, units: model.units.clone() };
    let file = to_json_with_meaning(&model.model, &meaning);
    assert_eq!(read_with_meaning(file.as_bytes()).unwrap(), (model.model.clone(), meaning));
    assert!(samples::read_in(&case.bytes("samples.jsonl"), &model.units).is_ok());
    let error = samples::read(&case.bytes("samples.jsonl")).unwrap_err().to_string();
    assert!(error.contains("input[3]") && error.contains("unit"), "{error}");
    let other = Units::new(vec![1; 12]).unwrap();
    let said = format!("{{\"input\": {:?}, \"units\": {:?}}}", [0.5; 12], model.units.exponents());
    assert!(samples::read_one(said.as_bytes()).is_ok());
    assert!(samples::read_one_in(said.as_bytes(), &other).unwrap_err().to_string().contains("units"));
}

#[test]
fn a_number_that_is_none_is_the_trainings_doing() {
    let Some(case) = Case::open("20-nan-weights-advice") else { return };
    case.refused("model.onnx", Head::Class, &["NaN", "fc1.weight", "training"]);
    let Some(case) = Case::open("pass/14-models-refused") else { return };
    case.refused("w_nan.onnx", Head::Class, &["initializer[0] \"fc1.weight\"", "NaN"]);
    case.refused("w_inf.onnx", Head::Class, &["initializer[0] \"fc1.weight\"", "inf"]);
}

#[test]
fn samples_of_other_tools_are_read() {
    let Some(case) = Case::open("21-samples-of-other-tools") else { return };
    for file in ["ezkl.json", "array.json", "rows.csv", "pretty.json"] {
        let read = samples::read(&case.bytes(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(read.len() >= 5 && read.iter().all(|sample| sample.values.len() == 12), "{file}");
        let made = case.try_with("model.onnx", file, &Request::of(Head::Class)).unwrap();
        assert_eq!(made.model.shape().to_string(), "class-12-16-4", "{file}");
    }
    assert_eq!(samples::read(&case.bytes("ezkl.json")).unwrap()[0].values[..3], [-0.9653, -0.6649, 0.1402]);
    assert_eq!(samples::read(&case.bytes("rows.csv")).unwrap()[1].values[..2], [0.4772, -1.3858]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_samples() {
    let Some(case) = Case::open("16-byte-order-mark") else { return };
    assert!(case.bytes("samples.jsonl").starts_with("\u{feff}".as_bytes()));
    agrees(&case.head("model.onnx", Head::Class), "class-12-16-4");
}

#[test]
fn a_reconstruction_is_compared_in_its_own_units() {
    let Some(case) = Case::open("24-autoencoder-in-input-units") else { return };
    let read = samples::read(&case.bytes("samples.jsonl")).unwrap();
    let mean = |imported: &Imported| {
        let score = |sample: &samples::Sample| {
            outputs(&imported.model, &evaluate(&imported.model, &sample.integers))[0]
        };
        read.iter().map(score).sum::<f64>() / read.len() as f64
    };
    for model in ["raw_units.onnx", "score_in_graph.onnx"] {
        let raw = case.head(model, Head::Anomaly);
        assert_eq!(raw.model.shape().to_string(), "anomaly-12-16-4-16-12");
        assert_eq!(raw.warnings, Vec::<String>::new(), "{:?}", raw.agreement);
        // As the graph itself has it, by the reference evaluator of ONNX.
        assert!((mean(&raw) / 0.0064576627 - 1.0).abs() < 0.03, "{model}: {}", mean(&raw));
    }
    says(&case.head("raw_units.onnx", Head::Anomaly), "the input in its own units");
    let normalised = case.head("normalised_units.onnx", Head::Anomaly);
    agrees(&normalised, "anomaly-12-16-4-16-12");
    says(&normalised, "the normalised input");
}

#[test]
fn exports_of_jax_are_read() {
    let Some(case) = Case::open("25-jax-relu-as-max") else { return };
    for model in ["jax_log_softmax.onnx", "jax_maximum.onnx", "nnx_plain.onnx"] {
        let imported = case.head(model, Head::Class);
        assert_eq!(imported.model.shape().to_string(), "class-12-16-4");
        // One of 24 held-out samples has two classes within the error.
        let agreement = &imported.agreement;
        assert!(agreement.max_error < 0.03 && agreement.decisions > 0.95, "{model}: {agreement:?}");
    }
}

#[test]
fn autoencoders_go_on_working() {
    let Some(case) = Case::open("pass/13-autoencoders") else { return };
    for model in ["ae_mse18.onnx", "ae_recon.onnx", "jax_ae_B.onnx"] {
        let imported = case.head(model, Head::Anomaly);
        assert_eq!(imported.warnings, Vec::<String>::new());
        assert!(imported.agreement.scores.unwrap().max_relative < 0.01, "{:?}", imported.agreement);
    }
}

#[test]
fn graphs_of_other_kinds_are_refused_by_node_and_operator() {
    let Some(case) = Case::open("pass/14-models-refused") else { return };
    for (model, messages) in [
        ("bn_neg_var.onnx", &["negative variance"][..]),
        ("norm_std0.onnx", &["divisions by 0"]),
        ("softmax0.onnx", &["(Softmax)", "axis"]),
        ("gemm_transA.onnx", &["(Gemm)", "transA"]),
        ("dropout_train_attr.onnx", &["(Dropout)", "training_mode"]),
        ("eleven_layers.onnx", &["at most 8 layers"]),
        ("input_1d.onnx", &["two dimensions", "[12]"]),
        ("input_3d.onnx", &["two dimensions", "[batch_size, 3, 4]"]),
        ("relu_end.onnx", &["without ReLU"]),
        ("residual.onnx", &["(Add)"]),
        ("layernorm.onnx", &["(LayerNormalization)"]),
        ("qdq.onnx", &["(DequantizeLinear)"]),
        ("argmax.onnx", &["(ArgMax)"]),
        ("ms_fused.onnx", &["FusedMatMul", "com.microsoft"]),
        ("wide_257.onnx", &["257"]),
        ("w_huge.onnx", &["layers[1], neuron 0"]),
    ] {
        case.refused(model, Head::Class, messages);
    }
    // Half precision is a type like any other.
    agrees(&case.head("half.onnx", Head::Class), "class-12-16-4");
}

/// Files that are in the repository.
fn ours() -> Case {
    Case(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field/models"))
}

#[test]
fn a_label_is_no_output_of_a_network() {
    let case = ours();
    let label = of(Head::Tags, "label");
    let error = case.try_with("lr_raw123.onnx", "samples.jsonl", &label).unwrap_err();
    assert!(error.contains("the name or index of a class"), "{error}");
    let imported = case.head("lr_raw123.onnx", Head::Class);
    assert_eq!(imported.model.head().labels, ["class-1", "class-2", "class-3"]);
    assert!(imported.agreement.decisions >= 0.99, "{:?}", imported.agreement);
}

#[test]
fn classes_have_the_names_of_the_graph() {
    let case = ours();
    for (model, names) in
        [("nozip123.onnx", ["class-1", "class-2", "class-3"]), ("nozip_str.onnx", ["a", "b", "c"])]
    {
        assert_eq!(case.head(model, Head::Class).model.head().labels, names, "{model}");
    }
}

#[test]
fn columns_may_be_chosen_and_scores_raw() {
    let case = ours();
    for model in ["ct.onnx", "linsvc.onnx"] {
        let imported = case.head(model, Head::Class);
        assert!(imported.agreement.decisions >= 0.99, "{model}: {:?}", imported.agreement);
    }
}

#[test]
fn what_depends_on_the_batch_is_refused() {
    let case = ours();
    let error = case.try_with("batchmean.onnx", "batchmean.jsonl", &Request::of(Head::Class)).unwrap_err();
    assert!(error.contains("depends on the others") && error.contains("axis 0"), "{error}");
}

#[test]
fn values_that_sixteen_bits_do_not_hold_are_refused() {
    ours().refused("price.onnx", Head::Values, &["within ±32767", "scaled target"]);
}

#[test]
fn tables_are_read_as_programs_write_them() {
    let read = |text: &str| {
        let samples = samples::read_scaled(text.as_bytes());
        samples.map(|samples| samples.into_iter().map(|sample| sample.values).collect::<Vec<_>>())
    };
    let rows = vec![vec![1.5, -2.0, 4.0], vec![0.25, 0.0, 1.0]];
    for (what, text) in [
        ("names", "a,b,c\n1.5,-2,4\n0.25,0,1\n"),
        ("pandas, names of columns are their numbers", "0,1,2\n1.5,-2,4\n0.25,0,1\n"),
        ("pandas, with its index", ",a,b,c\n0,1.5,-2,4\n1,0.25,0,1\n"),
        ("pandas, with both", ",0,1,2\n0,1.5,-2,4\n1,0.25,0,1\n"),
        ("numpy.savetxt", "1.5e+00 -2.0e+00 4.0e+00\n2.5e-01 0.0e+00 1.0e+00\n"),
    ] {
        assert_eq!(read(text).unwrap(), rows, "{what}");
    }
    // A row of what stands for missing numbers is no row of names.
    for first in ["NA,NA,NA", "null,null,null", "0x10,0x11,0x12", "Infinity,Infinity,Infinity", ",,"] {
        let error = read(&format!("{first}\n1,2,3\n")).unwrap_err().to_string();
        assert!(error.contains("line 1, column 1"), "{first}: {error}");
    }
}
