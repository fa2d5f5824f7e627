/**
 * Ends a program on a Node.js that cannot run our sources, with one line that says what to do. npm scripts load it
 * before the program (`-r`). It is CommonJS, which every Node.js loads before it looks at a `.ts` file.
 */
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Node.js ${process.versions.node} cannot run the TypeScript of this project. ` +
      'Run `npm ci`, which brings Node.js 24 for npm scripts and npx, or install Node.js 24 or later yourself.',
  );
  process.exit(1);
}
