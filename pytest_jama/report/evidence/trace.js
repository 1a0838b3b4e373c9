(function(){var d=document,q=d.querySelector(".filter input"),f="";if(!q)return;d.documentElement.classList.add("js");
var rows=[].slice.call(d.querySelectorAll(".reqs tbody tr")),tx=rows.map(function(r){return r.textContent.toLowerCase()});
function go(){var w=q.value.toLowerCase().split(/\s+/).filter(Boolean),n=0;rows.forEach(function(r,i){var on=(!f||r.dataset.s===f)&&w.every(function(x){return tx[i].indexOf(x)>=0});r.hidden=!on;n+=on});
d.querySelectorAll("#req .gi").forEach(function(g){g.hidden=!g.querySelector("tbody>tr:not([hidden])")});
d.getElementById("hits").textContent=n+" of "+rows.length+" shown";d.getElementById("none").hidden=n>0}
d.querySelector(".filter").addEventListener("click",function(e){var b=e.target.closest("button");if(!b)return;f=b.dataset.f;d.querySelectorAll("[data-f]").forEach(function(x){x.setAttribute("aria-pressed",x===b)});go()});
q.addEventListener("input",go);go()})()
