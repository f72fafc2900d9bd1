//! Whether this processor runs this build.

/// With the feature `asm` the field arithmetic of this processor family is written for BMI2 and ADX; elsewhere the process would end
/// without a word.
///
/// # Errors
/// What the processor lacks, and what to do.
pub fn check() -> Result<(), String> {
    #[cfg(all(target_arch = "x86_64", feature = "asm"))]
    {
        let found = [("bmi2", is_x86_feature_detected!("bmi2")), ("adx", is_x86_feature_detected!("adx"))];
        let missing: Vec<&str> = found.iter().filter(|(_, found)| !found).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            return Err(format!(
                "this build needs a processor with BMI2 and ADX (Intel Broadwell, AMD Zen or later), unless it is \
                 compiled with --no-default-features; missing: {}",
                missing.join(", ")
            ));
        }
    }
    Ok(())
}
