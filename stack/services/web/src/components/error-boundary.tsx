import {Component, type ReactNode} from 'react'

interface State {
  failed: boolean
}

/** Shows a way on when a page breaks while it is drawn, instead of a blank window. */
export class ErrorBoundary extends Component<{children: ReactNode}, State> {
  override state: State = {failed: false}

  static getDerivedStateFromError(): State {
    return {failed: true}
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <main className="page page-narrow crash" role="alert">
        <h1>This page broke</h1>
        <p>Sorry: that is our mistake. Your cart and your orders are safe.</p>
        {/* A plain link: the application itself cannot be trusted to navigate any more. */}
        <a className="button button-primary" href="/">
          Load the shop again
        </a>
      </main>
    )
  }
}
