// The form that stands in a card, for those who decide several cards together.
const forms = new WeakMap();

export default {
  stands: (card, form) => forms.set(card, form),
  form: (card) => forms.get(card),
};
