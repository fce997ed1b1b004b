// Gives the browser a file as soon as the server has it ready.
const link = element.querySelector("a");
watch("value", () => {
  if (!props.value) return;
  link.href = props.value;
  link.click();
});
