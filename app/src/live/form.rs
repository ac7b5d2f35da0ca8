//! What a form does while its page is awake: it says at once what is wrong with a field, it shows that it is being sent,
//! and it knows whether something was typed that is not saved. Without JavaScript the server says the same after sending.
//!
//! Call these from effects only. On the server they do nothing.

/// What is wrong with the text of a field, in the reader's language, by the field's name.
pub type Check = fn(&str, &str) -> Option<String>;

/// Shows that a form is being sent: its button is busy and can't be pressed twice, and `waiting` is told.
#[cfg(feature = "hydrate")]
pub fn show_sending(waiting: impl Fn(bool) + 'static) {
    browser::show_sending(waiting);
}

/// Shows that a form is being sent; on the server nothing is sent.
#[cfg(not(feature = "hydrate"))]
pub fn show_sending(_waiting: impl Fn(bool) + 'static) {}

/// Looks after the forms of the page: checks fields when they are left, and again while they are put right; sends the
/// form when another VPC is chosen; offers only the branches of the chosen app. `template` is the id of an element to copy
/// for what is wrong.
#[cfg(feature = "hydrate")]
pub fn look_after(template: &'static str, check: Check) {
    browser::look_after(template, check);
}

/// Looks after the forms of the page; on the server nobody types.
#[cfg(not(feature = "hydrate"))]
pub fn look_after(_template: &'static str, _check: Check) {}

/// Whether something was typed that was not sent.
#[cfg(feature = "hydrate")]
pub fn is_dirty() -> bool {
    browser::is_dirty()
}

/// Whether something was typed; on the server nobody types.
#[cfg(not(feature = "hydrate"))]
pub fn is_dirty() -> bool {
    false
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::time::Duration;

    use leptos::prelude::{document, set_timeout, window};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{
        Element, Event, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlSelectElement,
    };

    use super::Check;

    const DIRTY: &str = "data-dirty";

    /// Listens as long as the page lives.
    fn listen(target: &EventTarget, name: &str, heard: impl Fn(Event) + 'static) {
        let heard = Closure::<dyn Fn(Event)>::new(heard);
        // Fails only for a name that is not a string.
        let _ = target.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
        heard.forget();
    }

    fn target(event: &Event) -> Option<Element> {
        event.target()?.dyn_into().ok()
    }

    fn input_of(event: &Event) -> Option<HtmlInputElement> {
        target(event)?.dyn_into().ok()
    }

    fn find(within: &Element, selector: &str) -> Option<Element> {
        within.query_selector(selector).ok().flatten()
    }

    pub(super) fn show_sending(waiting: impl Fn(bool) + 'static) {
        let waiting = Rc::new(waiting);
        let told = waiting.clone();
        listen(&document(), "submit", move |event| {
            let Some(form) = target(&event) else { return };
            let pressed = event
                .dyn_ref::<web_sys::SubmitEvent>()
                .and_then(web_sys::SubmitEvent::submitter)
                .map(Into::into)
                .or_else(|| find(&form, "button:not([type=button])"));
            let _ = form.remove_attribute(DIRTY);
            let told = told.clone();
            // A disabled button's value is not sent: only once the form is on its way.
            set_timeout(
                move || {
                    if let Some(pressed) = &pressed {
                        let _ = pressed.set_attribute("aria-busy", "true");
                        let _ = pressed.set_attribute("disabled", "");
                    }
                    told(true);
                },
                Duration::ZERO,
            );
        });
        // Back from where it led: the page stands as it was left, but nothing is being sent any more.
        listen(&window(), "pageshow", move |_| {
            while let Some(pressed) = document()
                .query_selector("button[aria-busy][disabled]")
                .ok()
                .flatten()
            {
                let _ = pressed.remove_attribute("aria-busy");
                let _ = pressed.remove_attribute("disabled");
            }
            waiting(false);
        });
    }

    pub(super) fn is_dirty() -> bool {
        document()
            .query_selector(&format!("form[{DIRTY}]"))
            .ok()
            .flatten()
            .is_some()
    }

    pub(super) fn look_after(template: &'static str, check: Check) {
        let root = document();
        if let Some(html) = root.document_element() {
            let _ = html.class_list().add_1("awake");
        }
        follow_app();
        // What is said below a field moves what stands below it. While a button is being pressed nothing may move, or the
        // press would miss it.
        let pressed: Rc<Cell<bool>> = Rc::default();
        let left: Rc<RefCell<Option<HtmlInputElement>>> = Rc::default();
        {
            let pressed = pressed.clone();
            listen(&root, "pointerdown", move |_| pressed.set(true));
        }
        for over in ["pointerup", "pointercancel"] {
            let (pressed, left) = (pressed.clone(), left.clone());
            listen(&root, over, move |_| {
                pressed.set(false);
                let left = left.clone();
                let late = move || {
                    if let Some(input) = left.take() {
                        judge(&input, template, check, true);
                    }
                };
                set_timeout(late, Duration::from_millis(50));
            });
        }
        listen(&root, "focusout", move |event| {
            let Some(input) = input_of(&event) else { return };
            if pressed.get() {
                left.replace(Some(input));
            } else {
                judge(&input, template, check, true);
            }
        });
        listen(&root, "input", move |event| {
            mark(&event);
            if let Some(input) = input_of(&event) {
                judge(&input, template, check, false);
            }
        });
        listen(&root, "change", move |event| {
            mark(&event);
            let Some(field) = target(&event) else { return };
            match field.get_attribute("name").as_deref() {
                Some("network.vpc") => send_anew(&field),
                Some("frontend.app") => follow_app(),
                _ => {}
            }
        });
    }

    fn mark(event: &Event) {
        if let Some(form) = target(event).and_then(|field| field.closest("form").ok().flatten()) {
            let _ = form.set_attribute(DIRTY, "");
        }
    }

    /// A field that nobody has left yet is not scolded; one that was wrong is freed as soon as it is right.
    fn judge(input: &HtmlInputElement, template: &str, check: Check, left: bool) {
        let Ok(Some(field)) = input.closest(".field") else {
            return;
        };
        let was_wrong = field.class_list().contains("wrong");
        let typed = input.closest(&format!("form[{DIRTY}]")).ok().flatten().is_some();
        if was_wrong || (left && typed) {
            show(&field, input, template, check(&input.name(), &input.value()));
        }
    }

    fn show(field: &Element, input: &HtmlInputElement, template: &str, wrong: Option<String>) {
        let before = find(field, ".problem");
        let id = format!("{}-problem", input.id());
        let Some(message) = wrong else {
            if let Some(before) = before {
                before.remove();
            }
            let _ = field.class_list().remove_1("wrong");
            let _ = input.remove_attribute("aria-invalid");
            return;
        };
        let place = before.or_else(|| {
            let copy = document()
                .get_element_by_id(template)?
                .clone_node_with_deep(true)
                .ok()?;
            let copy: Element = copy.dyn_into().ok()?;
            let _ = copy.remove_attribute("hidden");
            copy.set_id(&id);
            field.append_child(&copy).ok()?;
            Some(copy)
        });
        if let Some(words) = place.and_then(|place| find(&place, "span")) {
            words.set_text_content(Some(&message));
        }
        let _ = field.class_list().add_1("wrong");
        let _ = input.set_attribute("aria-invalid", "true");
        let hint = format!("{}-hint", input.id());
        let described = match document().get_element_by_id(&hint) {
            Some(_) => format!("{hint} {id}"),
            None => id,
        };
        let _ = input.set_attribute("aria-describedby", &described);
    }

    /// As if "Show this VPC" had been pressed.
    fn send_anew(field: &Element) {
        let form = field.closest("form").ok().flatten();
        let form = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form else { return };
        let button =
            find(&form, "button[name=go][value=stay]").and_then(|it| it.dyn_into::<HtmlElement>().ok());
        let _ = form.request_submit_with_submitter(button.as_ref());
    }

    /// Branches stand in groups, one for each app: only those of the chosen one can be chosen.
    fn follow_app() {
        let root = document();
        let Ok(Some(app)) = root.query_selector("input[name='frontend.app']:checked") else {
            return;
        };
        let Ok(Some(branches)) = root.query_selector("select[name='frontend.branch']") else {
            return;
        };
        let chosen = app.get_attribute("value").unwrap_or_default();
        let Ok(groups) = branches.query_selector_all("optgroup") else {
            return;
        };
        let mut first = None;
        for index in 0..groups.length() {
            let Some(group) = groups.item(index).and_then(|it| it.dyn_into::<Element>().ok()) else {
                continue;
            };
            if group.get_attribute("data-app").as_deref() == Some(chosen.as_str()) {
                let _ = group.remove_attribute("disabled");
                let _ = group.remove_attribute("hidden");
                first = find(&group, "option");
            } else {
                let _ = group.set_attribute("disabled", "");
                let _ = group.set_attribute("hidden", "");
            }
        }
        let select: HtmlSelectElement = branches.unchecked_into();
        let stays = select
            .query_selector("optgroup:not([disabled]) > option:checked")
            .ok()
            .flatten()
            .is_some();
        if let Some(first) = first.filter(|_| !stays) {
            let _ = first.set_attribute("selected", "");
            if let Ok(option) = first.dyn_into::<web_sys::HtmlOptionElement>() {
                option.set_selected(true);
            }
        }
    }
}
