// Prints "<passed> <not passed>" of a JSON report of vitest; a file that could not be loaded counts as one failure.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
let passed = 0
let notPassed = 0
for (const { status, assertionResults } of report.testResults) {
  const passedHere = assertionResults.filter(test => test.status === 'passed').length
  passed += passedHere
  notPassed += assertionResults.length - passedHere
  if (status !== 'passed' && passedHere === assertionResults.length) notPassed += 1
}
if (passed + notPassed === 0) throw new Error('the report has no tests')
process.stdout.write(`${passed} ${notPassed}\n`)
