/** Bytes of a file. */
export type Bytes = Uint8Array | ArrayBuffer;
/** A JSON document: its text, its bytes, or the object. */
export type Json = string | Bytes | object;

/** What a bundle is judged by. Without a policy: proofs about blocks under the codebook that ships with Foldproof, no models. */
export interface Options {
  /** Members as in the README; `registry` names a file, which has to be given beside it. */
  policy?: Json | null;
  /** Models that you know. What others say is not accepted, and not shown. */
  registry?: Json | null;
  /** Verifying keys (`foldproof keys make`): for kzg, evm, and statements whose transparent key is not pinned. */
  keys?: Bytes[];
  /** The setup that you trust, of kzg and evm: its 320 bytes or its file. */
  setup?: Bytes | null;
  /** Seconds since 1970 at which models must be valid where no block has a time. Default: now. */
  time?: number;
  /** Takes any codebook, unless the policy names some. */
  anyCodebook?: boolean;
  /** Takes proofs about no block. */
  values?: boolean;
  /** Takes a setup that was made for tests; if it is given as 320 bytes, says that it was. */
  insecureSetup?: boolean;
  /** Asks for all vectors of a block to lie within the codebook's error bound. */
  requireWithinBound?: boolean;
  /** Keeps derived generators. What it gives back is checked by digest. */
  cache?: { get(k: number): Promise<Uint8Array | null | undefined>; set(k: number, points: Uint8Array): Promise<void> };
  /** Told what is being done. */
  progress?: (step: "generators" | "deriving" | "verifying") => void;
}

/** The members of `foldproof verify --json`, but for the name of the file. */
export interface Verdict {
  verdict: "verified" | "rejected" | "unknown";
  verified: boolean;
  /** Why not, and what may help. */
  error?: string;
  advice?: string;
  /** Of a verified proof. */
  subject?: "block" | "blocks" | "fingerprint" | "vector" | "sequence" | "matrix" | "decision";
  statement?: string;
  scheme?: "transparent" | "kzg" | "evm";
  insecure_setup?: boolean;
  key_digest?: string;
  setup_id?: string;
  /** What registered models say: proved to be their output and nothing more. */
  hints?: Record<string, unknown>[];
  models_valid_at?: { seconds: number; source: "block" | "prover" | "verifier" };
  /** Facts, under the names of docs/verifying.md. */
  [member: string]: unknown;
}

/** What a bundle says of itself, unverified. */
export interface About {
  error?: string;
  verified?: false;
  statement?: string;
  scheme?: "transparent" | "kzg" | "evm";
  k?: number;
  setup?: { id: string; insecure: boolean } | null;
  key_digest?: string;
  /** Whether the verifier has its key. */
  key_pinned?: boolean;
  /** Whether the digest of its generators is pinned. */
  generators_pinned?: boolean;
  models?: number;
  proof_bytes?: number;
}

/** Loads the module, once. */
export function load(options?: { wasm?: BufferSource }): Promise<void>;
/** The verdict on a bundle. */
export function verify(bundle: Bytes, options?: Options): Promise<Verdict>;
/** What a bundle says of itself, after `load`. */
export function inspect(bundle: Bytes): About;
