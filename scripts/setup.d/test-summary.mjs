// The last line of `npm test`: "N passed, N failed". Usage: node test-summary.mjs <vitest's JSON report> <exit code>
import {existsSync, readFileSync} from 'node:fs'

const [file, exitCode] = process.argv.slice(2)
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {testResults: []}

const brokenFiles = report.testResults.filter(isBroken).length
const failed = (report.numFailedTests ?? 0) + brokenFiles
// A run may fail without a failed test: an unhandled error, or vitest itself. It must not look like a success.
const unexplained = exitCode !== '0' && failed === 0 ? 1 : 0
console.log(`${report.numPassedTests ?? 0} passed, ${failed + unexplained} failed`)

// A file that does not load, or whose hooks fail, has no failed test of its own to count.
function isBroken(result) {
  return result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed')
}
