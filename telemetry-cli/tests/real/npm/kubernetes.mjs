// Checks the Kubernetes objects of a YAML file: `node kubernetes.mjs FILE`. Prints what is wrong with them, one line each.
//
// The published validators see wrong types, patterns and missing fields, but let unknown fields pass, as the cluster does,
// which drops them without a word. The published types know every field, so each object is also written beside this file as a
// TypeScript module `object-N.ts` for the compiler to judge.

import { readFileSync, writeFileSync } from "node:fs";
import YAML from "yaml";

// Kubernetes reads YAML 1.1, in which a bare `on` or `no` is a boolean.
const documents = YAML.parseAllDocuments(readFileSync(process.argv[2], "utf8"), { version: "1.1" });
for (const [index, document] of documents.entries()) {
  for (const complaint of await complaintsOf(document, index)) {
    console.log(`document ${index + 1}: ${complaint}`);
  }
}
if (documents.length === 0) {
  console.log("the file holds no object");
}

async function complaintsOf(document, index) {
  const unreadable = [...document.errors, ...document.warnings].map(({ message }) => message);
  if (unreadable.length > 0) {
    return unreadable;
  }
  const object = document.toJS();
  const { apiVersion, kind } = object ?? {};
  const source = packageOf(apiVersion);
  const models = await import(source).catch(() => ({}));
  if (!Object.hasOwn(models, kind)) {
    return [`nobody knows the kind ${kind} of ${apiVersion}`];
  }
  writeFileSync(`object-${index}.ts`, moduleOf(source, kind, object));
  return [...wrongName(object.metadata?.name), ...invalid(new models[kind](object))];
}

function packageOf(apiVersion) {
  const operator = apiVersion?.startsWith("monitoring.coreos.com/");
  return `${operator ? "@kubernetes-models/prometheus-operator" : "kubernetes-models"}/${apiVersion}`;
}

function moduleOf(source, kind, object) {
  const json = JSON.stringify(object, null, 2);
  return `import type { I${kind} } from "${source}";\nexport default ${json} satisfies I${kind};\n`;
}

function invalid(model) {
  try {
    model.validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// The types leave the name open; the cluster takes the name of a domain.
function wrongName(name) {
  const valid = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name ?? "");
  return valid ? [] : [`metadata.name is ${JSON.stringify(name)}, which is no name of an object`];
}
