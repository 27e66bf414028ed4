/**
 * The rules of ESLint for all of the project's JavaScript. `npm run lint` runs it in the repository's root, so the paths
 * begin there; the types come from the projects of web/types.
 */

import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import jsdoc from "eslint-plugin-jsdoc";
import globals from "globals";
import typescript from "typescript-eslint";

/** The global names of each group of scripts: TypeScript checks the names again, with their types. */
const GLOBALS = [
  { files: ["web/static/page/**", "web/static/kakitori/*.js", "web/static/kakitori/pad/**", "wasm-check/probe/**"],
    names: globals.browser },
  { files: ["web/static/kakitori/shared/**"], names: globals["shared-node-browser"] },
  { files: ["web/static/kakitori/worker/**"], names: globals.worker },
  { files: ["web/templates/*.js"], names: { ...globals.serviceworker,
    VERSION: "readonly", CORE: "readonly", CHOSEN: "readonly", EXTRA: "readonly" } },
  { files: ["tests/**", "web/*.js"], names: globals.node },
];

/** A script has the types of the first project that includes it. */
const PROJECTS = ["page", "worker", "service_worker", "probe", "node"].map((name) => `./types/tsconfig.${name}.json`);

/** The runner awaits the tests, so that their files need not. */
const NODE_TEST = { from: "package", package: "node:test", name: ["test"] };

/** @typedef {import("eslint").Linter.RulesRecord} Rules */

/** @type {Rules} */
const FAULTS = {
  "eqeqeq": "error",
  "no-implicit-globals": "error",
  "no-shadow": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-var": "error",
  "prefer-const": "error",
  "array-callback-return": "error",
  "no-constructor-return": "error",
  "no-promise-executor-return": "error",
  "no-self-compare": "error",
  "no-template-curly-in-string": "error",
  "no-unmodified-loop-condition": "error",
  "no-unreachable-loop": "error",
};

/** @type {Rules} */
const FAULTS_BY_TYPE = {
  "@typescript-eslint/await-thenable": "error",
  "@typescript-eslint/no-base-to-string": "error",
  "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: [NODE_TEST] }],
  "@typescript-eslint/no-for-in-array": "error",
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/only-throw-error": "error",
  "@typescript-eslint/require-await": "error",
  "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
  "@typescript-eslint/switch-exhaustiveness-check": "error",
  "@typescript-eslint/unbound-method": "error",
};

/** Of what users get: the values of JSON files and messages have a type before they are used. @type {Rules} */
const TYPED = Object.fromEntries(["argument", "assignment", "call", "member-access", "return"].map((use) => (
  [`@typescript-eslint/no-unsafe-${use}`, "error"])));

/**
 * Of the library, whose declarations are made from its comments. TypeScript requires the types of all parameters.
 *
 * @type {Rules}
 */
const DOCUMENTED = {
  "jsdoc/check-param-names": "error",
  "jsdoc/check-property-names": "error",
  "jsdoc/check-tag-names": "error",
  "jsdoc/require-jsdoc": ["error", {
    publicOnly: true,
    checkConstructors: false,
    require: { ClassDeclaration: true, FunctionDeclaration: true, MethodDefinition: true },
  }],
  "jsdoc/require-property-type": "error",
  "jsdoc/valid-types": "error",
};

export default defineConfig(
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  eslint.configs.recommended,
  {
    plugins: { "@typescript-eslint": typescript.plugin },
    languageOptions: {
      ecmaVersion: 2022,
      parser: typescript.parser,
      parserOptions: { project: PROJECTS, tsconfigRootDir: import.meta.dirname },
    },
    rules: { ...FAULTS, ...FAULTS_BY_TYPE },
  },
  ...GLOBALS.map(({ files, names }) => ({ files, languageOptions: { globals: names } })),
  // A service worker's script alone has its global scope. It is no module: Firefox took such service workers late.
  { files: ["web/templates/*.js"], languageOptions: { sourceType: "script" }, rules: { "no-implicit-globals": "off" } },
  { files: ["web/static/**"], rules: TYPED },
  { files: ["web/static/kakitori/**"], plugins: { jsdoc }, rules: DOCUMENTED, settings: { jsdoc: { mode: "typescript" } } },
);
