import fc from 'fast-check'
import {describe, expect, it} from 'vitest'

import {baseImages, substitute} from '../../../src/lib/build/base-images.js'
import {parseDockerfile} from '../../../src/lib/build/dockerfile.js'

const references = (dockerfile: string, options: {args?: Record<string, string>; target?: string} = {}) =>
  baseImages(dockerfile, {args: {}, ...options}).map((image) => image.reference)

describe('reading a Dockerfile', () => {
  it('joins continuation lines, over comments and empty lines, and keeps the first line number', () => {
    const content = 'FROM a\n\nRUN one \\\n  # why\n\n  && two \\  \n  && three\nCMD x'
    expect(parseDockerfile(content)).toEqual([
      {keyword: 'FROM', text: 'a', line: 1},
      {keyword: 'RUN', text: 'one   && two   && three', line: 3},
      {keyword: 'CMD', text: 'x', line: 8},
    ])
  })

  it('honours the escape directive, and only at the top', () => {
    expect(parseDockerfile('# escape=`\nFROM a\nCOPY x `\n  c:\\\nRUN y').map((one) => one.keyword)).toEqual([
      'FROM',
      'COPY',
      'RUN',
    ])
    expect(parseDockerfile('FROM a\n# escape=`\nRUN x \\\n y').map((one) => one.text)).toEqual(['a', 'x  y'])
  })

  it('does not take the lines of here-documents for instructions', () => {
    const content =
      'FROM a\nRUN <<EOF bash && cat <<-"END" > /x\nFROM not-me\nEOF\n\tFROM nor-me\n\tEND\nCOPY <<one <<two /\nFROM no\none\ntwo\nUSER app'
    expect(parseDockerfile(content).map((one) => one.keyword)).toEqual(['FROM', 'RUN', 'COPY', 'USER'])
  })

  it('takes no here-string and no shift for a here-document', () => {
    expect(parseDockerfile('FROM a\nRUN cat <<< EOF; echo $((1<<2))\nUSER app').map((one) => one.keyword)).toEqual([
      'FROM',
      'RUN',
      'USER',
    ])
  })

  it('reads files with Windows line ends, a byte order mark and lower-case keywords', () => {
    expect(parseDockerfile('\uFEFFfrom a as b\r\nrun x\r\n')).toEqual([
      {keyword: 'FROM', text: 'a as b', line: 1},
      {keyword: 'RUN', text: 'x', line: 2},
    ])
  })

  it('comes to an end with any text', () => {
    fc.assert(
      fc.property(fc.string({unit: fc.constantFrom('F', 'RUN ', '\\', '\n', '<<', 'E', ' ', '#', '"')}), (text) => {
        parseDockerfile(text)
      }),
    )
  })
})

describe('the images that a build starts from', () => {
  it('leaves out stages, scratch and repetitions', () => {
    const content =
      'FROM node:24 AS Build\nFROM scratch\nFROM build\nFROM debian:trixie-slim AS final\nCOPY --from=build /a /b\nCOPY --from=0 /a /b\nCOPY --chown=1:1 --from=node:24 /a /b'
    expect(references(content)).toEqual(['node:24', 'debian:trixie-slim'])
  })

  it('says on which line each is named', () => {
    expect(baseImages('# c\nFROM a\nRUN x\nCOPY --from=b /x /y', {args: {}})).toEqual([
      {reference: 'a', line: 2},
      {reference: 'b', line: 4},
    ])
  })

  it('substitutes arguments declared above the first FROM, given ones first', () => {
    const content =
      'ARG VERSION=12 BASE=debian\nARG FULL=${BASE}:${VERSION}\nFROM --platform=$BUILDPLATFORM ${FULL}-slim\nARG VERSION=99'
    expect(references(content)).toEqual(['debian:12-slim'])
    expect(references(content, {args: {VERSION: '13', OTHER: 'x'}})).toEqual(['debian:13-slim'])
  })

  it('follows only the stages that the target needs', () => {
    const content = 'FROM a AS one\nFROM b AS two\nFROM c AS three\nRUN --mount=type=bind,from=two,target=/x ls\nFROM d'
    expect(references(content, {target: 'three'})).toEqual(['b', 'c'])
    expect(references(content)).toEqual(['d'])
  })

  it('takes a name that only a later stage has for an image', () => {
    expect(references('FROM later AS first\nFROM x AS later\nFROM first')).toEqual(['later'])
  })

  it('expands every form of a variable', () => {
    const variables = {A: 'a', EMPTY: ''}
    const forms = ['$A', '${A}', '${NO:-d}', '${EMPTY:-d}', '${EMPTY-d}', '${A:+x}', '${NO:+x}', '${NO:-${A}}', '$NO']
    expect(forms.map((form) => substitute(form, variables))).toEqual(['a', 'a', 'd', 'd', '', 'x', '', 'a', ''])
  })
})
