import {createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState} from 'react'

type Announce = (message: string) => void

const AnnouncerContext = createContext<Announce>(() => undefined)
const VISIBLE_MS = 5000

/** Says something that happened without a change of page, such as an item that went into the cart. */
export function useAnnounce(): Announce {
  return useContext(AnnouncerContext)
}

/** Holds the one polite live region: it is heard by a screen reader and seen as a short notice. */
export function Announcer({children}: {children: ReactNode}) {
  const [notice, setNotice] = useState({id: 0, message: ''})
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const announce = useCallback<Announce>((message) => {
    setNotice(({id}) => ({id: id + 1, message}))
    globalThis.clearTimeout(timer.current)
    timer.current = globalThis.setTimeout(() => setNotice(({id}) => ({id, message: ''})), VISIBLE_MS)
  }, [])

  useEffect(() => () => globalThis.clearTimeout(timer.current), [])

  return (
    <AnnouncerContext value={announce}>
      {children}
      <div className="notices" role="status" aria-live="polite">
        {/* A new key makes a repeated message a new node, which is what makes it spoken again. */}
        {notice.message && (
          <p className="notice" key={notice.id}>
            {notice.message}
          </p>
        )}
      </div>
    </AnnouncerContext>
  )
}
