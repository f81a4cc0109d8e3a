// Validates Kubernetes and KEDA objects, a JSON array on standard input, against the published models of their API: their JSON schemas
// know ranges and formats but let unknown fields pass; their TypeScript types do not, as an object written out is checked for excess ones.
// Prints a line for each violation and ends with 1 if there are any.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = dirname(fileURLToPath(import.meta.url));
const objects = JSON.parse(readFileSync(0, "utf8"));
const nameOf = ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata?.name}`;
const moduleOf = ({ apiVersion, kind }) =>
  `${apiVersion?.startsWith("keda.sh/") ? "@kubernetes-models/keda" : "kubernetes-models"}/${apiVersion}/${kind}`;

async function modelOf(object) {
  try {
    return (await import(moduleOf(object)))[object.kind];
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND" || error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED") {
      return undefined;
    }
    throw error;
  }
}

/** What the schemas say. */
function* schemaViolations(object, Model) {
  try {
    new Model(object).validate();
  } catch (error) {
    yield `${nameOf(object)}: ${error.message}`;
  }
}

/** What the types say, of all objects at once: the compiler's start is what costs. */
function* typeViolations(known) {
  const file = join(folder, "objects.ts");
  const text = known
    .map((object, i) => `import type { I${object.kind} as T${i} } from "${moduleOf(object)}";\nexport const o${i}: T${i} = ${JSON.stringify(object)};\n`)
    .join("");
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.readFile = (name) => (name === file ? text : readFile.call(host, name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile.call(host, name, ...rest);
  for (const diagnostic of ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))) {
    const line = diagnostic.file?.fileName === file ? diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line : -1;
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ").replace(/\s+/g, " ");
    yield `${line < 0 ? "the models" : nameOf(known[line >> 1])}: ${message}`;
  }
}

const violations = [];
const known = [];
for (const object of objects) {
  const Model = await modelOf(object);
  if (Model) {
    known.push(object);
    violations.push(...schemaViolations(object, Model));
  } else {
    violations.push(`${nameOf(object)}: there is no such kind`);
  }
}
violations.push(...typeViolations(known));
violations.forEach((violation) => console.log(violation));
process.exitCode = violations.length > 0 ? 1 : 0;
