//! Ctrl-C: what is being written is finished, a line says how to go on, and the signal does what it would have done.
//!
//! The program ends by the signal and not with a status of its own: a shell shows 130 (143 for SIGTERM) and stops the loop or the
//! script it was started from, which it would not for a program that exits. A second signal ends it at once.

use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

/// Held by whoever writes a file, and by the end of the program.
static WRITING: RwLock<()> = RwLock::new(());

/// How to go on.
static ADVICE: Mutex<Option<String>> = Mutex::new(None);

/// As long as this is held, the program is not interrupted: for a file that is written aside and then renamed, or two that belong
/// together. Never held twice by one thread, nor while something is waited for.
pub fn writing() -> RwLockReadGuard<'static, ()> {
    WRITING.read().unwrap_or_else(PoisonError::into_inner)
}

/// What a user who interrupts from now on is told.
pub fn advise(advice: String) {
    *ADVICE.lock().unwrap_or_else(PoisonError::into_inner) = Some(advice);
}

/// Begins to watch for signals. Where that cannot be done, they end the program as ever.
pub fn watch() {
    #[cfg(unix)]
    if let Err(error) = unix::watch() {
        super::output::say(format_args!(
            "warning: an interrupt will not print how to go on: {}",
            foldproof_params::in_words(&error)
        ));
    }
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io::{self, IsTerminal, Write};
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, PoisonError};
    use std::thread;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    use super::{ADVICE, WRITING};

    pub fn watch() -> io::Result<()> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let watched: Vec<i32> =
            [SIGINT, SIGTERM].into_iter().filter(|signal| !ignored(&status, *signal)).collect();
        let before = Arc::new(AtomicBool::new(false));
        for signal in &watched {
            // In this order: the first finds false, and the second true.
            flag::register_conditional_default(*signal, Arc::clone(&before))?;
            flag::register(*signal, Arc::clone(&before))?;
        }
        let mut signals = Signals::new(watched)?;
        let wait = move || signals.forever().next().map(end);
        thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
        Ok(())
    }

    /// Whether whoever started the program has it ignore a signal, as shells do with SIGINT for commands in the background. Known
    /// where there is /proc.
    pub fn ignored(status: &str, signal: i32) -> bool {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
    }

    fn end(signal: i32) {
        // Neither is given back: nobody begins to write, and no progress bar is drawn over the line.
        let _writers = WRITING.write().unwrap_or_else(PoisonError::into_inner);
        let mut err = io::stderr().lock();
        let advice = ADVICE.lock().unwrap_or_else(PoisonError::into_inner).take();
        let advice =
            advice.unwrap_or_else(|| "no file is half written: start the same command again".to_owned());
        // Over the progress bar, and what the terminal shows of the key.
        let over = if err.is_terminal() { "\r\x1b[K" } else { "" };
        drop(writeln!(err, "{over}foldproof: interrupted; {advice}"));
        if low_level::emulate_default_handler(signal).is_err() {
            std::process::exit(128 + signal);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_ignored_stays_ignored() {
            let status = "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001002\nSigCgt:\t0\n";
            assert!(ignored(status, SIGINT) && !ignored(status, SIGTERM) && ignored(status, 13));
            assert!(!ignored("", SIGINT) && !ignored("SigIgn:\tnonsense\n", SIGINT) && !ignored(status, 0));
        }
    }
}
