//! What islands need from the browser: the clipboard, and a stream of events that survives a lost connection.
//!
//! An island is compiled for the server too, where it draws its first view; call these from event handlers and effects
//! only. On the server they do nothing.
//!
//! ```ignore
//! #[island]
//! fn RunProgress(first: RunView, events: String) -> impl IntoView {
//!     let (run, set_run) = signal(first);
//!     let (line, set_line) = signal(Line::Open);
//!     Effect::new(move || {
//!         follow(events.clone(), &["run"], move |event| {
//!             if let Ok(view) = serde_json::from_str::<RunView>(&event.data) {
//!                 let over = view.over;
//!                 set_run.set(view);
//!                 if over { return ControlFlow::Break(()) }
//!             }
//!             ControlFlow::Continue(())
//!         }, move |state| set_line.set(state));
//!     });
//!     view! { … }
//! }
//! ```

pub mod form;

use std::ops::ControlFlow;

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id; the server continues after it when the connection was lost.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its content, usually JSON.
    pub data: String,
}

/// Whether the stream is connected. A page says when it is not: numbers that do not move must not look live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Connected.
    Open,
    /// Lost; being connected again.
    Lost,
    /// Over: nobody is signed in any more.
    SignedOut,
    /// Over: what was followed is not there any more.
    Gone,
}

/// Follows a stream of server-sent events until `on_event` breaks. A lost connection is taken up again after the last
/// event: by the browser itself (`Last-Event-ID`), or, when the server could not answer at all, by a new connection with
/// `after=<last id>` in its query, at growing distances of 1 to 15 seconds. When the server says that nobody is signed in
/// or that there is nothing to follow, the stream is over and `on_line` is told why.
#[cfg(feature = "hydrate")]
pub fn follow(
    url: String,
    names: &'static [&'static str],
    on_event: impl Fn(Event) -> ControlFlow<()> + 'static,
    on_line: impl Fn(Line) + 'static,
) {
    browser::follow(url, names, on_event, on_line);
}

/// Follows a stream of server-sent events; on the server there is nothing to follow.
#[cfg(not(feature = "hydrate"))]
pub fn follow(
    _url: String,
    _names: &'static [&'static str],
    _on_event: impl Fn(Event) -> ControlFlow<()> + 'static,
    _on_line: impl Fn(Line) + 'static,
) {
}

/// Calls `beat` once a second until it breaks.
#[cfg(feature = "hydrate")]
pub fn every_second(beat: impl Fn() -> ControlFlow<()> + 'static) {
    browser::every_second(beat);
}

/// Calls `beat` once a second; on the server nothing goes on.
#[cfg(not(feature = "hydrate"))]
pub fn every_second(_beat: impl Fn() -> ControlFlow<()> + 'static) {}

/// Seconds of the browser's clock, for differences.
#[cfg(feature = "hydrate")]
pub fn wall_s() -> f64 {
    web_sys::js_sys::Date::now() / 1000.0
}

/// Seconds of the browser's clock; there is none on the server.
#[cfg(not(feature = "hydrate"))]
pub fn wall_s() -> f64 {
    0.0
}

/// Puts a text on the clipboard and says whether it got there.
#[cfg(feature = "hydrate")]
pub fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    browser::copy(text, done);
}

/// Puts a text on the clipboard; on the server there is none.
#[cfg(not(feature = "hydrate"))]
pub fn copy(_text: String, _done: impl FnOnce(bool) + 'static) {}

#[cfg(feature = "hydrate")]
mod browser {
    use std::{
        cell::{Cell, RefCell},
        ops::ControlFlow,
        rc::Rc,
        time::Duration,
    };

    use leptos::prelude::{IntervalHandle, document, set_interval_with_handle, set_timeout, window};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::{
        EventSource, HtmlDocument, HtmlTextAreaElement, MessageEvent,
        js_sys::{Function, Object, Promise, Reflect},
    };

    use super::{Event, Line};

    struct Stream {
        url: String,
        names: &'static [&'static str],
        last_id: RefCell<String>,
        failures: RefCell<u32>,
        on_event: Box<dyn Fn(Event) -> ControlFlow<()>>,
        on_line: Box<dyn Fn(Line)>,
    }

    pub(super) fn follow(
        url: String,
        names: &'static [&'static str],
        on_event: impl Fn(Event) -> ControlFlow<()> + 'static,
        on_line: impl Fn(Line) + 'static,
    ) {
        let stream = Stream {
            url,
            names,
            last_id: RefCell::default(),
            failures: RefCell::default(),
            on_event: Box::new(on_event),
            on_line: Box::new(on_line),
        };
        open(Rc::new(stream));
    }

    fn open(stream: Rc<Stream>) {
        let last_id = stream.last_id.borrow().clone();
        let url = if last_id.is_empty() {
            stream.url.clone()
        } else {
            let joint = if stream.url.contains('?') { '&' } else { '?' };
            format!("{}{joint}after={last_id}", stream.url)
        };
        let Ok(source) = EventSource::new(&url) else {
            again(stream);
            return;
        };

        let heard = {
            let (stream, source) = (stream.clone(), source.clone());
            Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
                let event = Event {
                    id: message.last_event_id(),
                    name: message.type_(),
                    data: message.data().as_string().unwrap_or_default(),
                };
                stream.last_id.replace(event.id.clone());
                if (stream.on_event)(event).is_break() {
                    source.close();
                }
            })
        };
        for name in stream.names {
            // Fails only for a name that is not a string.
            let _ = source.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
        }

        let opened = {
            let stream = stream.clone();
            Closure::<dyn Fn()>::new(move || {
                stream.failures.replace(0);
                (stream.on_line)(Line::Open);
            })
        };
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));

        let lost = {
            let source = source.clone();
            Closure::<dyn Fn()>::new(move || {
                (stream.on_line)(Line::Lost);
                // The browser gives up for good when the server answers with an error: while it restarts, for one. It
                // does not say with which error.
                if source.ready_state() == EventSource::CLOSED {
                    ask_why(stream.clone());
                }
            })
        };
        source.set_onerror(Some(lost.as_ref().unchecked_ref()));

        // They live as long as the page that follows the stream.
        heard.forget();
        opened.forget();
        lost.forget();
    }

    /// Asks for the stream's head alone: its status says whether coming back can help.
    fn ask_why(stream: Rc<Stream>) {
        let Some(promise) = head(&stream.url) else {
            again(stream);
            return;
        };
        let other = stream.clone();
        let answered = Closure::once_into_js(move |response: JsValue| {
            let status = Reflect::get(&response, &"status".into())
                .ok()
                .and_then(|status| status.as_f64());
            match status {
                Some(401.0) => (stream.on_line)(Line::SignedOut),
                Some(404.0 | 410.0) => (stream.on_line)(Line::Gone),
                _ => again(stream),
            }
        });
        let unreachable = Closure::once_into_js(move |_: JsValue| again(other));
        if let Some(then) = function(&promise, "then") {
            let _ = then.call2(&promise, &answered, &unreachable);
        }
    }

    fn head(url: &str) -> Option<Promise> {
        let options = Object::new();
        Reflect::set(&options, &"method".into(), &"HEAD".into()).ok()?;
        let fetch = function(&window(), "fetch")?;
        fetch
            .call2(&window(), &url.into(), &options)
            .ok()?
            .dyn_into()
            .ok()
    }

    fn again(stream: Rc<Stream>) {
        let failures = *stream.failures.borrow();
        stream.failures.replace(failures.saturating_add(1));
        let seconds = 2u64.saturating_pow(failures.min(4)).min(15);
        set_timeout(move || open(stream), Duration::from_secs(seconds));
    }

    pub(super) fn every_second(beat: impl Fn() -> ControlFlow<()> + 'static) {
        let handle: Rc<Cell<Option<IntervalHandle>>> = Rc::default();
        let own = handle.clone();
        let made = set_interval_with_handle(
            move || {
                if beat().is_break()
                    && let Some(handle) = own.take()
                {
                    handle.clear();
                }
            },
            Duration::from_secs(1),
        );
        // Without an interval the numbers move with the events alone.
        handle.set(made.ok());
    }

    pub(super) fn copy(text: String, done: impl FnOnce(bool) + 'static) {
        let Some(promise) = write_text(&text) else {
            // Over plain HTTP on a network there is no clipboard object.
            done(copy_by_selection(&text));
            return;
        };
        let done = Rc::new(RefCell::new(Some(done)));
        let other = done.clone();
        let kept = Closure::once_into_js(move |_: JsValue| {
            if let Some(done) = done.borrow_mut().take() {
                done(true);
            }
        });
        let refused = Closure::once_into_js(move |_: JsValue| {
            if let Some(done) = other.borrow_mut().take() {
                done(copy_by_selection(&text));
            }
        });
        if let Some(then) = function(&promise, "then") {
            let _ = then.call2(&promise, &kept, &refused);
        }
    }

    fn write_text(text: &str) -> Option<Promise> {
        let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).ok()?;
        let write = function(&clipboard, "writeText")?;
        write.call1(&clipboard, &text.into()).ok()?.dyn_into().ok()
    }

    fn function(object: &JsValue, name: &str) -> Option<Function> {
        Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
    }

    fn copy_by_selection(text: &str) -> bool {
        let document = document();
        let Some(body) = document.body() else { return false };
        let Ok(area) = document
            .create_element("textarea")
            .map(JsCast::unchecked_into::<HtmlTextAreaElement>)
        else {
            return false;
        };
        area.set_value(text);
        area.set_class_name("said-only");
        let copied = body.append_child(&area).is_ok() && {
            area.select();
            document
                .unchecked_into::<HtmlDocument>()
                .exec_command("copy")
                .unwrap_or(false)
        };
        area.remove();
        copied
    }
}
